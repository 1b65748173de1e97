"""Shorten a long history: old turns become a summary, so that the prompt stays within its budget."""

from __future__ import annotations

import asyncio
from typing import Any

from langchain_core.messages import AnyMessage, HumanMessage, RemoveMessage, SystemMessage
from langgraph.constants import TAG_NOSTREAM
from langgraph.runtime import Runtime
from openai import OpenAIError

from agent import models
from agent.context import Context, context_of
from agent.domain import Domain
from agent.history import cut, extract, tokens_of, transcript
from agent.nodes.node import Node
from agent.prompts import SUMMARISE, fenced
from agent.schemas import events
from agent.state import State


def summarise_node(domain: Domain) -> Node:
    """The node that shortens; it does nothing to a history that is within its budget."""

    async def summarise(state: State, runtime: Runtime[Context]) -> dict[str, Any]:
        context, messages = context_of(runtime), state["messages"]
        found = cut(messages, models.history_budget(context.history_tokens))
        if found is None:
            return {}
        summary = await _summary(domain, context, state.get("summary"), found.old)
        before, after = tokens_of(messages), tokens_of(found.kept) + tokens_of([SystemMessage(summary)])
        runtime.stream_writer(events.summary(summary, len(found.old), before, after))
        removed = [RemoveMessage(id=message.id) for message in found.old if message.id]
        return {"messages": removed, "summary": summary}

    return summarise


async def _summary(domain: Domain, context: Context, summary: str | None, old: list[AnyMessage]) -> str:
    """By the run's model; without one, or if it cannot be reached, by taking out what was said."""
    if models.describe_model(context.model).offline:
        return extract(summary, old)
    model = await asyncio.to_thread(models.make_model, domain.phrases, context.model)
    told = fenced({"summary_so_far": summary, "messages": transcript(old)})
    try:
        # Not streamed: it is no part of the answer.
        written = await model.ainvoke([SystemMessage(SUMMARISE), HumanMessage(told)], {"tags": [TAG_NOSTREAM]})
    except OpenAIError:
        return extract(summary, old)
    return written.text.strip() or extract(summary, old)
