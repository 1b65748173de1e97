"""Schema changes, in order; plain SQL inside."""
