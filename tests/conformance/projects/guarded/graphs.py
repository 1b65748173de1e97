"""Graphs for two users."""

import asyncio
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.graph import START, StateGraph
from langgraph.types import interrupt
from typing_extensions import TypedDict  # pydantic needs this one before Python 3.12


class Said(TypedDict, total=False):
    said: Any


def _say(_: Said, config: RunnableConfig) -> Said:
    configurable = config.get("configurable", {})
    user = configurable.get("langgraph_auth_user") or {}
    return {
        "said": {
            "user_id": configurable.get("langgraph_auth_user_id"),
            "permissions": configurable.get("langgraph_auth_permissions"),
            "team": user.get("team"),
        }
    }


def _ask(_: Said) -> Said:
    return {"said": interrupt("who?")}


async def _sleep(_: Said) -> Said:
    await asyncio.sleep(30)
    return {"said": "slept"}


def _one(name: str, node: Any) -> Any:
    graph = StateGraph(Said)
    graph.add_node(name, node)
    graph.add_edge(START, name)
    return graph


chat = _one("say", _say)
asks = _one("ask", _ask)
slow = _one("sleep", _sleep)
