"""Crons: runs that start by themselves, at the times of a schedule."""
