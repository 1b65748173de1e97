"""A reminder that the process assistant proposes is one that the server's crons can fire."""

import json
from datetime import UTC, datetime
from typing import Any

from langgraph_sdk import get_client

CONTEXT = {"timezone": "Europe/London", "approval": "auto"}


def _said(text: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": text}]}


async def test_a_reminders_schedule_is_a_crons(own_server: str) -> None:
    async with get_client(url=own_server) as client:
        thread_id = (await client.threads.create())["thread_id"]
        values: Any = {}
        for text in (
            "set up a software release on 18 December 2030 with Ann as lead and Ben as tester in GB",
            "remind us every Monday at 9:30 to update the board",
        ):
            values = await client.runs.wait(thread_id, "process", input=_said(text), context=CONTEXT)
        told = [message["content"] for message in values["messages"] if message.get("name") == "remind"]
        reminder = json.loads(told[-1])["data"]
        assert reminder["cron"] == {"schedule": "30 9 * * MON", "timezone": "Europe/London"}

        cron: Any = await client.crons.create_for_thread(
            thread_id, "process", **reminder["cron"], input=_said("where does everybody stand?"), context=CONTEXT
        )
        next_run = datetime.fromisoformat(cron["next_run_date"])
        assert next_run == datetime.fromisoformat(reminder["upcoming"][0]).astimezone(UTC)
        await client.crons.delete(cron["cron_id"])
