"""Shapes that cross the agent's edge: tool arguments, approvals, stream events."""
