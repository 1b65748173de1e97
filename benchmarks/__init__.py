"""Measurements: ratios to the floor (the same graph in-process on the Postgres checkpointer), taken in one run."""
