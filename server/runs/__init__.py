"""Runs: admitted in one transaction, queued, executed by a worker, read through the event log."""
