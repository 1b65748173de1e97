"""An assistant as a node of a graph of your own: `RemoteGraph` runs it on the server, and streams what it says.

Usage: python examples/remote_graph.py [URL]
"""

import asyncio
import sys

from langchain_core.messages import AIMessage
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.pregel.remote import RemoteGraph
from langgraph_sdk import get_client

URL = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:2024"


async def shorten(state: MessagesState) -> dict[str, list[AIMessage]]:
    first_line = str(state["messages"][-1].content).splitlines()[0]
    return {"messages": [AIMessage(content=f"In short: {first_line}")]}


async def run(coach: RemoteGraph) -> None:
    builder = StateGraph(MessagesState)
    builder.add_node("coach", coach)
    builder.add_node("shorten", shorten)
    builder.add_edge(START, "coach")
    builder.add_edge("coach", "shorten")
    graph = builder.compile()
    asked = "I want an 8-week half marathon plan, I run 25 km a week, longest 10 km, 4 days"
    async for step in graph.astream({"messages": [("user", asked)]}, stream_mode="updates"):
        print("[step]", *step)
    print(step["shorten"]["messages"][0].content)


async def main() -> None:
    async with get_client(url=URL) as client:
        await run(RemoteGraph("coach", client=client))


asyncio.run(main())
