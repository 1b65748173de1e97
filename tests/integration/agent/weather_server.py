"""A real MCP server for the tests, on the official package: over standard streams, or at a port (`--http PORT`)."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

from mcp.server.fastmcp import FastMCP
from mcp.types import ImageContent, TextContent

server = FastMCP("weather", stateless_http=True)


@server.tool()
def forecast(city: str, days: int = 1) -> str:
    """How the weather will be in a city."""
    return f"{city}: sunny for {days} days"


@server.tool()
def training_paces(km: float) -> str:
    """A tool of the name that one of the coach's has."""
    return f"theirs: {km}"


@server.tool()
def fails() -> str:
    """Goes wrong."""
    raise ValueError("the station is closed")


@server.tool()
async def sleeps(seconds: float) -> str:
    """Takes its time, and tells which process does."""
    if told := os.environ.get("TOLD"):
        await asyncio.to_thread(Path(told).write_text, str(os.getpid()))
    await asyncio.sleep(seconds)
    return "awake"


@server.tool()
def picture() -> list[Any]:
    """Text and an image."""
    image = ImageContent(type="image", data="aGVsbG8=", mimeType="image/png")
    return [TextContent(type="text", text="a map"), image]


@server.tool()
def archive(megabytes: int) -> str:
    """More than anybody wants to know."""
    return "x" * (megabytes * 1_000_000)


@server.tool()
def pid() -> str:
    """The process that answers, and what of its environment a secret would be."""
    return f"{os.getpid()} {os.environ.get('STATION', '-')} {os.environ.get('OPENAI_API_KEY', '-')}"


if __name__ == "__main__":
    if "--http" in sys.argv:
        server.settings.port = int(sys.argv[sys.argv.index("--http") + 1])
        server.run("streamable-http")
    else:
        server.run("stdio")
