"""What JavaScript clients see of a live Planloom: LangGraph's JS SDK, and its React hook in a simulated browser."""
