"""The Planloom server: the LangGraph API over FastAPI, with state in Postgres."""
