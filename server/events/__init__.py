"""What a run emits: typed events, their conversion from graph chunks, the log that keeps them, and SSE."""
