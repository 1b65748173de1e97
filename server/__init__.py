"""The Planloom server: the LangGraph API over FastAPI, with state in Postgres."""

import os

# Read when langgraph is first imported. A checkpoint may then only be read back into safe types and those that the graph's
# schemas name; LANGGRAPH_STRICT_MSGPACK=false, or `checkpointer.serde` in langgraph.json, allows more.
os.environ.setdefault("LANGGRAPH_STRICT_MSGPACK", "true")
