"""One module per assistant: wiring only. Named in langgraph.json."""
