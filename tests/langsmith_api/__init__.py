"""A stand-in for LangSmith as a store of traces, datasets and experiments: its real client writes to it and reads from it."""
