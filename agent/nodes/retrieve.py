"""Find what bears on what the person just said: articles, documents of their own, and what is remembered of them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from langgraph.runtime import Runtime

from agent.context import Context, context_of, user_of
from agent.domain import Domain, Looking, Search
from agent.memory import vector_table
from agent.memory.failures import FAILURES, reason
from agent.memory.fusion import fused
from agent.memory.recall import Recollection, recall
from agent.nodes.node import Node
from agent.schemas import events
from agent.state import Json, State
from agent.trace import as_retriever
from agent.turn import question
from tools.knowledge.index import KnowledgeIndex, KnowledgeUnavailableError


def retrieve_node(domain: Domain) -> Node:
    """The node for a domain's articles. Without them the turn goes on and says so in an event."""
    folder = domain.knowledge_folder
    index = KnowledgeIndex(domain.name, folder) if folder is not None else None

    async def retrieve(state: State, runtime: Runtime[Context]) -> dict[str, Any]:
        query = question(state["messages"])
        if not query:
            return {"retrieved": []}
        articles, documents, remembered = await asyncio.gather(
            _articles(index, domain, query, runtime),
            _documents(domain, query, state, runtime),
            _remembered(query, state, runtime),
        )
        messages = [hit for hit in remembered if hit["kind"] == "message"]
        facts = [hit for hit in remembered if hit["kind"] != "message"]
        hits = _merged([articles, documents, messages, facts])
        if hits:
            runtime.stream_writer(events.retrieval_hits(query, hits))
        return {"retrieved": hits}

    return retrieve


async def _articles(index: KnowledgeIndex | None, domain: Domain, query: str, runtime: Runtime[Context]) -> list[Json]:
    if index is None:
        return []
    try:
        return await as_retriever("articles", query, _close(index, domain, query))
    except KnowledgeUnavailableError as error:
        runtime.stream_writer(events.retrieval_failed(str(error)))
        return []


async def _close(index: KnowledgeIndex, domain: Domain, query: str) -> list[Json]:
    """What is close enough to the question."""
    found = await index.search(query, k=domain.passages)
    return [hit.model_dump(mode="json") for hit in found if hit.score >= domain.least_score]


async def _documents(domain: Domain, query: str, state: State, runtime: Runtime[Context]) -> list[Json]:
    if domain.search is None:
        return []
    info = runtime.execution_info
    asked = Looking(
        query=query,
        facts=state.get("facts") or {},
        context=context_of(runtime),
        user_id=user_of(runtime),
        thread_id=info.thread_id if info else None,
    )
    try:
        return await as_retriever("documents", query, _own(domain.search, asked))
    except KnowledgeUnavailableError as error:
        runtime.stream_writer(events.retrieval_failed(str(error)))
        return []


async def _own(search: Search, asked: Looking) -> list[Json]:
    """What people's own documents say of it."""
    return [hit.model_dump(mode="json") for hit in await search(asked)]


async def _remembered(query: str, state: State, runtime: Runtime[Context]) -> list[Json]:
    try:
        return await as_retriever("memory", query, _recalled(query, state, runtime))
    except FAILURES as error:
        vector_table.reopen()
        runtime.stream_writer(events.retrieval_failed(f"cannot search what is remembered: {reason(error)}"))
    return []


async def _recalled(query: str, state: State, runtime: Runtime[Context]) -> list[Json]:
    """Facts about the person, and what was said earlier."""
    present = [message.id for message in state["messages"] if message.id]
    facts, messages = await recall(user_of(runtime), query, present=present, has_facts=bool(state.get("memories")))
    return [_hit(one) for one in (*facts, *messages)]


def _hit(one: Recollection) -> Json:
    where = f"conversation {one.thread_id}" if one.thread_id else "what you asked me to remember"
    source = ", ".join(part for part in (where, one.said_at[:10]) if part)
    return {"id": one.id, "source": source, "title": one.title, "text": one.text, "score": one.score, "kind": one.kind}


def _merged(rankings: Sequence[list[Json]]) -> list[Json]:
    """All hits in one ranking."""
    hits = {(hit["kind"], hit["id"]): hit for ranking in rankings for hit in ranking}
    order = fused(*([(hit["kind"], hit["id"]) for hit in ranking] for ranking in rankings))
    return [hits[one] for one in order]
