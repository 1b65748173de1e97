"""MCP: every assistant a tool, at `/mcp` (streamable HTTP)."""
