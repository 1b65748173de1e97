"""How well the agents do what is asked of them, in figures: plan edits, retrieval and triage. Run by `make eval`.

Each case is a test of LangSmith's pytest integration. Offline nothing leaves the machine; with LANGSMITH_API_KEY set each
suite is recorded as an experiment on a dataset of its cases. `make test` does not collect these files.
"""
