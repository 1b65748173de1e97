"""Rooms with documents: a host who answers from them, and the other assistants at the same table.

Compiled without a checkpointer; servers bring one. Each assistant keeps its own memory of the thread beside the room's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from langgraph.runtime import Runtime

from agent.context import Context
from agent.demo.phrases import load_phrases
from agent.demo.slots_chat import PARSERS
from agent.domain import Domain
from agent.graph import build_graph
from agent.persona import Persona
from agent.prompts import CHAT_ROLE
from agent.room.graph import RoomField, build_room
from agent.room.hand_over import ROOM_TOOLS
from graphs.care import CARE
from graphs.coach import COACH
from graphs.process import PROCESS
from graphs.travel import TRAVEL
from tools.arithmetic_tools import SHARED_TOOLS
from tools.documents.langchain_tools import DOCUMENT_TOOLS, LIBRARY
from tools.documents.upload import take_in
from tools.pain.triage import triage

PERSONAS = (
    Persona(id="host", name="Host", assistant="chat"),
    Persona(id="coach", name="Coach", assistant="coach"),
    Persona(id="travel", name="Travel", assistant="travel"),
    Persona(id="care", name="Care", assistant="care"),
    Persona(id="process", name="Process", assistant="process"),
)

CHAT = Domain(
    name="chat",
    assistant="chat",
    role=CHAT_ROLE,
    phrases=load_phrases("chat", parsers=PARSERS),
    tools=[*DOCUMENT_TOOLS, *ROOM_TOOLS, *SHARED_TOOLS],
)


def _is_emergency(said: str) -> bool:
    return triage(said).level == "emergency"


async def _take_in(files: Sequence[Any], runtime: Runtime[Context]) -> str:
    info = runtime.execution_info
    return await take_in(LIBRARY, runtime.store, str(info.thread_id) if info and info.thread_id else None, files)


FIELDS = {
    domain.assistant: RoomField(build_graph(domain).compile(checkpointer=True, name=domain.assistant), domain.phrases)
    for domain in (CHAT, COACH, TRAVEL, CARE, PROCESS)
}
graph = build_room(FIELDS, PERSONAS, is_emergency=_is_emergency, take_in=_take_in).compile(name="chat")
