"""Any MCP client may use the assistants as tools: a conversation, with a question that a second call answers.

Usage: python examples/mcp_client.py [URL]
"""

import asyncio
import sys

from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client

URL = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:2024"


async def main() -> None:
    async with streamable_http_client(f"{URL}/mcp") as (read, write, _), ClientSession(read, write) as session:
        await session.initialize()
        for tool in (await session.list_tools()).tools:
            print("[tool]", tool.name, "-", tool.description)

        async def coach(**arguments: object) -> dict[str, object]:
            result = await session.call_tool("coach", arguments)
            return result.structuredContent or {"error": result.content}

        plan = "I want an 8-week half marathon plan, I run 25 km a week, longest 10 km, 4 days"
        answer = await coach(messages=plan, thread_id="new")
        print(answer["messages"][-1]["content"])
        change = "move Tuesday's tempo in week 3 to Wednesday and make the long run 2 km longer"
        asked = await coach(messages=change, thread_id=answer["thread_id"])
        question = asked["__interrupt__"][0]["value"]["action_requests"][0]
        print("[asked]", question["description"].splitlines()[0])
        done = await coach(resume={"decisions": [{"type": "approve"}]}, thread_id=answer["thread_id"])
        print(done["messages"][-1]["content"])


asyncio.run(main())
