"""What traces show of a turn besides its nodes: searches, tools that are no LangChain tools, which plan it is about.

Under any LangGraph server, and under none: it goes by LangChain's callbacks, and without a tracer among them nothing
happens.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable

from langchain_core.callbacks import BaseCallbackManager
from langchain_core.documents import Document
from langchain_core.messages import ToolMessage
from langchain_core.runnables.config import ensure_config, get_async_callback_manager_for_config
from langchain_core.tracers import LangChainTracer

from agent.state import Json
from agent.turn import PlanCall


async def as_retriever(name: str, query: str, hits: Awaitable[list[Json]]) -> list[Json]:
    """The hits of a search, which traces show as a retriever's with their scores."""
    manager = get_async_callback_manager_for_config(ensure_config())
    run = await manager.on_retriever_start({"name": name}, query, name=name)
    try:
        found = await hits
    except BaseException as error:
        await run.on_retriever_error(error)
        raise
    await run.on_retriever_end([_document(hit) for hit in found])
    return found


async def as_tool(call: PlanCall, answer: Awaitable[ToolMessage]) -> ToolMessage:
    """The answer to a call that is carried out here, which traces show as a tool's."""
    manager = get_async_callback_manager_for_config(ensure_config())
    run = await manager.on_tool_start(
        {"name": call.name}, json.dumps(call.args, ensure_ascii=False, default=str), name=call.name, inputs=call.args
    )
    try:
        message = await answer
    except BaseException as error:
        await run.on_tool_error(error)
        raise
    await run.on_tool_end(message)
    return message


def note(**facts: str | int) -> None:
    """Add to the metadata of the run that this turn is in, the topmost that the tracer knows."""
    callbacks = ensure_config().get("callbacks")
    if not isinstance(callbacks, BaseCallbackManager):
        return
    for tracer in (handler for handler in callbacks.handlers if isinstance(handler, LangChainTracer)):
        run = tracer.run_map.get(str(callbacks.parent_run_id))
        while run is not None and (above := tracer.run_map.get(str(run.parent_run_id))) is not None:
            run = above
        if run is not None:
            run.add_metadata(facts)


def _document(hit: Json) -> Document:
    text = str(hit.get("text", ""))
    return Document(text, id=str(hit.get("id")), metadata={key: one for key, one in hit.items() if key != "text"})
