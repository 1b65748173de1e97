"""What the MCP servers of the settings offer our assistants, for the doctor."""

import os

from agent.external.servers import VARIABLE
from agent.external.tools import offers

ADVICE = "Start the server, or take it out of MCP_SERVERS: turns go on without its tools."


async def offered_by(mcp_servers: str) -> dict[str, int | str]:
    """How many tools each server offers, or why it cannot be asked. Raises `ValueError` if the setting says what cannot be."""
    return await offers({**os.environ, VARIABLE: mcp_servers})
