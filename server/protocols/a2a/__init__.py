"""A2A: assistants as agents that other agents talk to. A context is a thread; a task is a run with those that continue it."""
