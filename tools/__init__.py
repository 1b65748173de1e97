"""Tool families: pure, typed functions with thin wrappers for the model."""
