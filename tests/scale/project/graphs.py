"""Graphs for the tests with many processes: what each step did can be counted afterwards."""

import asyncio
import operator
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Annotated

from langgraph.channels.delta import DeltaChannel
from langgraph.config import get_stream_writer
from langgraph.graph import START, StateGraph
from typing_extensions import TypedDict  # pydantic needs this one before Python 3.12

STEPS = ("hear", "think", "say")
WORDS = 4


def _joined(log: list[str], several: Sequence[list[str]]) -> list[str]:
    return [*log, *chain.from_iterable(several)]


class TalkState(TypedDict, total=False):
    """A conversation: each log has one entry for each step of each turn, kept whole in one and as what changed in the other."""

    turn: int
    log: Annotated[list[str], operator.add]
    changes: Annotated[list[str], DeltaChannel(_joined, snapshot_frequency=5)]


class _Step:
    """A step of a turn: says a few words, and notes that it was taken."""

    def __init__(self, name: str) -> None:
        self._name = name

    async def __call__(self, state: TalkState) -> TalkState:
        write = get_stream_writer()
        for word in range(WORDS):
            write({"turn": state["turn"], "step": self._name, "word": word})
            await asyncio.sleep(0)
        taken = f"{state['turn']} {self._name}"
        return {"log": [taken], "changes": [taken]}


talk = StateGraph(TalkState)
for _name in STEPS:
    talk.add_node(_name, _Step(_name))
talk.add_edge(START, "hear")
talk.add_edge("hear", "think")
talk.add_edge("think", "say")


class GatedState(TypedDict, total=False):
    """`gate` is a file: the run goes on once it is there."""

    gate: str
    log: Annotated[list[str], operator.add]


def _before(_: GatedState) -> GatedState:
    return {"log": ["before"]}


async def _wait(state: GatedState) -> GatedState:
    gate = Path(state["gate"])
    while not await asyncio.to_thread(gate.exists):  # noqa: ASYNC110 - another process makes it
        await asyncio.sleep(0.05)
    return {"log": ["waited"]}


def _after(_: GatedState) -> GatedState:
    return {"log": ["after"]}


gated = StateGraph(GatedState)
gated.add_node("before", _before)
gated.add_node("wait", _wait)
gated.add_node("after", _after)
gated.add_edge(START, "before")
gated.add_edge("before", "wait")
gated.add_edge("wait", "after")
