"""One request to a model, as the agent's graph would put it: prompt, tools, and up to three repairs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, SystemMessage

from agent.context import Context
from agent.plan.document import PlanDocument
from agent.plan.edits import compile_edits
from agent.plan.json_patch import apply_json_patch
from agent.plan.outline import outline
from agent.plan.problems import PlanError
from agent.plan_text import title
from agent.prompts import system_prompt
from agent.results import refused
from agent.schemas.plan_tools import EDIT, PATCH, plan_tools, read_arguments
from agent.turn import MAX_REPAIRS, PlanCall
from benchmarks.plan_edits.cases import Corpus

CHARACTERS_PER_TOKEN = 4
"""For models that count none; the usual rule of thumb for English and JSON."""


@dataclass(frozen=True)
class Answer:
    """The plan that a model made of a request (as it was, if it made no edit), after how many repairs, for how much."""

    document: PlanDocument
    edited: bool
    repairs: int
    tokens: int


def ask(model: BaseChatModel, corpus: Corpus, said: str) -> Answer:
    """Put the request to the model and carry out the edits that it calls for."""
    domain, base = corpus.domain, corpus.base
    plan = {"version": 1, "last_change": "create", "title": title(base), "items": outline(base)}
    prompt = system_prompt(domain.role, plan=plan, passages=[], facts=None, now=corpus.now)
    tools = plan_tools(
        domain.build_request,
        domain.injected,
        domain.kinds,
        can_replan=domain.replan is not None,
        replan_request=domain.replan_request,
    )
    bound = model.bind_tools([*tools, *domain.tools])
    messages: list[AnyMessage] = [SystemMessage(prompt), HumanMessage(said)]
    tokens = 0
    for repairs in range(MAX_REPAIRS + 1):
        reply = bound.invoke(messages)
        tokens += _tokens(reply)
        calls = [
            PlanCall(str(one["id"]), one["name"], read_arguments(one["name"], one["args"])) for one in reply.tool_calls
        ]
        edits = [call for call in calls if call.name in (EDIT, PATCH)]
        if not edits or len(edits) < len(calls):
            return Answer(base, False, repairs, tokens)
        try:
            document = base
            for call in edits:
                document = _edited(document, call, corpus)
        except PlanError as error:
            messages += [reply, *(refused(call, str(error), error.problems) for call in calls)]
            continue
        return Answer(document, True, repairs, tokens)
    return Answer(base, False, MAX_REPAIRS, tokens)


def _edited(document: PlanDocument, call: PlanCall, corpus: Corpus) -> PlanDocument:
    kinds, retired = corpus.domain.kinds, frozenset(corpus.base.items)
    if call.name == PATCH:
        patch = call.args.get("patch") or []
        return apply_json_patch(document, patch, kinds=kinds, retired_ids=retired - document.items.keys())
    replanner = corpus.domain.replanner(Context(now=corpus.now))
    return compile_edits(document, call.args.get("ops") or [], kinds, retired, replanner=replanner)


def _tokens(reply: AIMessage) -> int:
    """What the model wrote, as it counts it, else estimated."""
    if reply.usage_metadata is not None:
        return reply.usage_metadata["output_tokens"]
    written: list[Any] = [reply.text, *(call["args"] for call in reply.tool_calls)]
    return estimated_tokens(json.dumps(written, ensure_ascii=False))


def estimated_tokens(text: str) -> int:
    """Roughly how many tokens a text is."""
    return -(-len(text) // CHARACTERS_PER_TOKEN)
