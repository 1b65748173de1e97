"""Assistants: a graph with a configuration and a name. Every served graph has a system assistant."""
