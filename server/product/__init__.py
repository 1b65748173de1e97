"""What Planloom adds for its own agents; an app of its own, so that it also runs under any other LangGraph server."""
