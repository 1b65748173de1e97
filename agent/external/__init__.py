"""Tools of MCP servers, for the assistants to call."""
