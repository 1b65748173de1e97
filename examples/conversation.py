"""The README's conversation through langgraph-sdk: a plan, an edit that asks for approval, the approval, and undo.

Usage: python examples/conversation.py [URL]
"""

import asyncio
import sys

from langgraph_sdk import get_client

URL = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:2024"


async def main() -> None:
    client = get_client(url=URL)
    thread = await client.threads.create()

    async def turn(**given: object) -> None:
        async for part in client.runs.stream(
            thread["thread_id"], "coach", stream_mode=["messages-tuple", "custom"], **given
        ):
            if part.event == "messages":
                message, _ = part.data
                if message["type"] == "AIMessageChunk":
                    print(message["content"], end="", flush=True)
            elif part.event == "custom" and part.data["type"] == "plan.diff":
                print("\n[diff]", part.data["summary"])
        print()

    def said(text: str) -> dict[str, object]:
        return {"messages": [{"role": "user", "content": text}]}

    await turn(input=said("I want an 8-week half marathon plan, I run 25 km a week, longest 10 km, 4 days"))
    await turn(input=said("move Tuesday's tempo in week 3 to Wednesday and make the long run 2 km longer"))
    state = await client.threads.get_state(thread["thread_id"])
    print("[asked]", state["interrupts"][0]["value"]["action_requests"][0]["description"].splitlines()[0])
    await turn(command={"resume": {"decisions": [{"type": "approve"}]}})
    await turn(input=said("undo that"))


asyncio.run(main())
