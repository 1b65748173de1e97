"""Threads: conversations, their status and their state."""
