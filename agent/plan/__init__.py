"""The plan document: items, typed edits, diff, merge, JSON Patch, rendering, and the tables that keep its versions.

Everything but `repository` and `connections` is pure: no I/O, no clock, no chance.
"""
