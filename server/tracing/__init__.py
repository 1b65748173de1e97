"""Traces of runs for LangSmith: opt-in, redacted before they leave, never in a run's way."""
