"""An assistant uses a tool of an MCP server: start examples/mcp_server.py first.

A server that was down when it was first wanted is asked again after a minute.

Usage: python examples/mcp_tools.py [URL]
"""

import asyncio
import sys

from langgraph_sdk import get_client

URL = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:2024"


async def main() -> None:
    async with get_client(url=URL) as client:
        asked = {"messages": [{"role": "user", "content": "use the forecast tool with city=Lisbon"}]}
        values = await client.runs.wait(None, "coach", input=asked)
        for message in values["messages"]:
            for call in message.get("tool_calls", []):
                print("[calls]", call["name"], call["args"])
            if message["type"] == "tool":
                print("[tool]", message["content"])
        print(values["messages"][-1]["content"])


asyncio.run(main())
