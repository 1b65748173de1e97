"""Starting runs for tests, and knowing what they are at."""

from typing import Any

from langgraph_sdk.client import LangGraphClient
from langgraph_sdk.schema import StreamPart


async def new_thread(client: LangGraphClient) -> str:
    """The id of a new thread."""
    return (await client.threads.create())["thread_id"]


async def started(client: LangGraphClient, thread_id: str, seconds: float = 60, **options: Any) -> str:
    """The id of a run of `slow` that sleeps by now, its first step done."""
    run = await client.runs.create(
        thread_id, "slow", input={"seconds": seconds}, stream_resumable=True, **{"stream_mode": "updates", **options}
    )
    async for part in client.runs.join_stream(thread_id, run["run_id"], last_event_id="-1"):
        if part.event == "updates" and "before" in part.data:
            return run["run_id"]
    raise AssertionError("the run ended before it slept")


def said(text: str) -> dict[str, Any]:
    """An input for `echo`."""
    return {"messages": [{"role": "user", "content": text}]}


def texts(values: dict[str, Any]) -> list[str]:
    """What was said on a thread of `echo`."""
    return [message["content"] for message in values["messages"]]


def named(parts: list[StreamPart], event: str) -> list[Any]:
    """The data of the events of one name."""
    return [part.data for part in parts if part.event == event]
