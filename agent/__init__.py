"""The planning agent that every assistant shares; knows no HTTP."""
