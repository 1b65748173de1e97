"""Event streaming v2: the thread-centric protocol of `langchain_protocol`, as SSE, commands and a WebSocket."""
