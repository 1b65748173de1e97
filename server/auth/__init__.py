"""Who calls and what they may touch: the project's `langgraph_sdk.Auth`, asked at one place, deny by default.

`middleware` authenticates every request and gives it an `Access`; services cannot be had without one, and what it answers
becomes a condition of their SQL (`filters`).
"""
