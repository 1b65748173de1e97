"""A run on a schedule: made, seen to have run, and taken away again.

Usage: python examples/cron.py [URL]
"""

import asyncio
import sys

from langgraph_sdk import get_client

URL = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:2024"


async def main() -> None:
    async with get_client(url=URL) as client:
        thread = await client.threads.create()
        cron = await client.crons.create_for_thread(
            thread["thread_id"],
            "coach",
            schedule="* * * * * */2",  # every other second; "0 7 * * 1" would be Mondays at seven
            timezone="Europe/Berlin",
            input={"messages": [{"role": "user", "content": "what do I run today?"}]},
        )
        async for part in await client.threads.join_stream(thread["thread_id"]):
            if part.event == "values":
                values = part.data
            elif part.data.get("status") == "run_done":
                break
        await client.crons.delete(cron["cron_id"])
        run = await client.runs.get(thread["thread_id"], part.data["run_id"])
        print("[ran]", run["status"], "for cron", cron["cron_id"])
        print(values["messages"][-1]["content"])


asyncio.run(main())
