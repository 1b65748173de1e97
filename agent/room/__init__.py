"""Rooms: conversations in which several personas answer, each with their own graph, and hand over to one another."""
