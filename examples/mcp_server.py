"""An MCP server whose tool the assistants get: `mcp_servers` in examples/langgraph.json names it.

Usage: python examples/mcp_server.py [PORT]
Then ask any assistant, here by curl: use the forecast tool with city=Lisbon
"""

import sys

from mcp.server.fastmcp import FastMCP

server = FastMCP("weather", port=int(sys.argv[1]) if len(sys.argv) > 1 else 8123)


@server.tool()
def forecast(city: str) -> str:
    """Tell the weather of a city tomorrow."""
    return f"{city}: sunny, 18 °C, light wind. A good day for a long run."


server.run("streamable-http")
