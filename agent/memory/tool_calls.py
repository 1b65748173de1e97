"""The model's tools for remembering and forgetting facts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from langchain_core.messages import ToolMessage
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agent.memory.facts import MAX_LENGTH, Facts, Kind, Source
from agent.memory.failures import FAILURES, reason
from agent.memory.keeping import drop, keep
from agent.plan.ops import validation_lines
from agent.results import answered, failed
from agent.schemas import events
from agent.turn import PlanCall

REMEMBER = "remember"
FORGET = "forget"
MEMORY_TOOLS = frozenset({REMEMBER, FORGET})
EVERYTHING = frozenset({"everything", "all", "all of it", "everything about me", "all about me"})


class Remember(BaseModel):
    """Keep a fact or preference about the person for later conversations. Only what they told about themselves."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: str = Field(min_length=1, max_length=MAX_LENGTH, description="The fact, in the person's own words.")
    kind: Kind = Field(default="fact", description="fact: how things are; preference: what they like.")


class Forget(BaseModel):
    """Delete a remembered fact."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: str = Field(min_length=1, max_length=MAX_LENGTH, description="The fact, its key, or “everything”.")


def memory_tools() -> list[dict[str, Any]]:
    """The two as a model is told of them (OpenAI's function format)."""
    described = []
    for name, model in ((REMEMBER, Remember), (FORGET, Forget)):
        tool = convert_to_openai_tool(model)
        tool["function"]["name"] = name
        described.append(tool)
    return described


async def answer(call: PlanCall, user_id: str, source: Source, emit: Callable[[dict[str, Any]], None]) -> ToolMessage:
    """Carry out one of the two calls."""
    try:
        if call.name == REMEMBER:
            return await _remember(call, Remember.model_validate(call.args), user_id, source, emit)
        return await _forget(call, Forget.model_validate(call.args), user_id, emit)
    except ValidationError as error:
        return failed(call, "; ".join(validation_lines(error)))
    except FAILURES as error:
        return failed(call, f"There is no long-term memory here: {reason(error)}")


async def _remember(
    call: PlanCall, asked: Remember, user_id: str, source: Source, emit: Callable[[dict[str, Any]], None]
) -> ToolMessage:
    fact = await keep(user_id, asked.text, asked.kind, source)
    if fact is None:
        return failed(call, "There is nothing to remember in that.")
    emit(events.memory_saved(fact))
    return answered(call, "memory", f"Noted: {fact.text}. I'll know it in later conversations too.", {"id": fact.id})


async def _forget(call: PlanCall, asked: Forget, user_id: str, emit: Callable[[dict[str, Any]], None]) -> ToolMessage:
    facts = Facts(user_id)
    everything = asked.text.strip().casefold() in EVERYTHING
    found = await facts.all() if everything else await facts.matching(asked.text)
    if not found:
        known = "; ".join(fact.text for fact in (await facts.all())[-5:])
        return answered(call, "memory", f"I remember nothing like that. What I know: {known or 'nothing yet'}.")
    if len(found) > 1 and not everything:
        listed = "\n".join(f"- {fact.text}" for fact in found)
        return answered(call, "memory", f"Which of these should I forget? Say it in full.\n{listed}")
    await drop(user_id, found)
    for fact in found:
        emit(events.memory_forgotten(fact))
    told = "everything that you told me" if everything else found[0].text
    return answered(call, "memory", f"Forgotten: {told}.", {"ids": [fact.id for fact in found]})
