"""What a graph and a factory know of who runs them."""

from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.graph import START, StateGraph
from langgraph_sdk.runtime import ServerRuntime
from typing_extensions import TypedDict


class Known(TypedDict, total=False):
    known: dict[str, Any]
    factory: str


def make(runtime: ServerRuntime) -> "StateGraph[Known]":
    """A graph that tells what it knows."""
    user = runtime.user

    def tell(_: Known, config: RunnableConfig) -> Known:
        wanted = ("user_id", "langgraph_auth_user", "langgraph_auth_user_id", "langgraph_auth_permissions", "x-tenant")
        known = {key: config["configurable"].get(key) for key in wanted}
        return {"known": known, "factory": "" if user is None else user.identity}

    graph = StateGraph(Known)
    graph.add_node("tell", tell)
    graph.add_edge(START, "tell")
    return graph
