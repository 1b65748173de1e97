"""Find passages for what the person just said."""

from __future__ import annotations

from typing import Any

from langgraph.runtime import Runtime

from agent.context import Context
from agent.domain import Domain
from agent.nodes.node import Node
from agent.schemas import events
from agent.state import State
from agent.turn import last_said
from tools.knowledge.index import KnowledgeIndex, KnowledgeUnavailableError


def retrieve_node(domain: Domain) -> Node:
    """The node for a domain's articles. Without them the turn goes on and says so in an event."""
    folder = domain.knowledge_folder
    index = KnowledgeIndex(domain.name, folder) if folder is not None else None

    async def retrieve(state: State, runtime: Runtime[Context]) -> dict[str, Any]:
        if index is None:
            return {"retrieved": []}
        query = last_said(state["messages"])
        try:
            found = await index.search(query, k=domain.passages)
        except KnowledgeUnavailableError as error:
            runtime.stream_writer(events.retrieval_failed(str(error)))
            return {"retrieved": []}
        hits = [hit.model_dump(mode="json") for hit in found if hit.score >= domain.least_score]
        if hits:
            runtime.stream_writer(events.retrieval_hits(query, hits))
        return {"retrieved": hits}

    return retrieve
