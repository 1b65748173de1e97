"""A conversation by the newer event protocol: what is said as it comes, a question, and the answer to it.

Usage: python examples/threads_stream.py [URL]
"""

import asyncio
import sys
from typing import Any

from langgraph_sdk import get_client

URL = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:2024"


def said(text: str) -> dict[str, object]:
    return {"messages": [{"role": "user", "content": text}]}


async def show(message: Any) -> None:
    async for piece in message.text:
        print(piece, end="", flush=True)
    print()


async def main() -> None:
    async with get_client(url=URL) as client, client.threads.stream(assistant_id="coach") as thread:

        async def listen() -> None:
            """Until the run is over or asks something: messages come one by one, each with a text that goes on."""
            shown = [asyncio.create_task(show(message)) async for message in thread.messages]
            await asyncio.gather(*shown)

        plan = "I want an 8-week half marathon plan, I run 25 km a week, longest 10 km, 4 days"
        await thread.run.start(input=said(plan))
        await listen()
        change = "move Tuesday's tempo in week 3 to Wednesday and make the long run 2 km longer"
        await thread.run.start(input=said(change))
        await listen()
        print("[asked]", thread.interrupts[0]["value"]["action_requests"][0]["description"].splitlines()[0])
        await thread.run.respond({"decisions": [{"type": "approve"}]})
        await listen()


asyncio.run(main())
