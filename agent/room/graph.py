"""A room as a graph: `route` says who answers, their own graph answers, and they may hand over to another.

Every field has a graph of its own with its own memory of the thread (its plan, its safety state); the room keeps the
messages and who has the floor. What a persona's graph asks (an approval) is asked in the room.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, NotRequired, Protocol

from langchain_core.messages import AIMessage, AnyMessage, BaseMessage, HumanMessage, ToolMessage
from langgraph.config import get_config
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langgraph.types import Command
from pydantic import Field
from typing_extensions import TypedDict

from agent.attachments import files_in, with_files_named
from agent.context import Context, context_of
from agent.demo.phrases import Phrases
from agent.persona import Persona
from agent.room.hearing import hear
from agent.room.routing import addressed, needed, without_address
from agent.state import InputState, OutputState
from agent.turn import last_said

HAND_OVER = "hand_over"
_MOST_HAND_OVERS = 3

AnyGraph = CompiledStateGraph[Any, Any, Any, Any]
Emergency = Callable[[str], bool]
TakeIn = Callable[[Sequence[Any], Runtime[Context]], Awaitable[str]]


class Speaking(Protocol):
    """A node in which somebody answers, and which says who is next."""

    async def __call__(self, state: RoomState, runtime: Runtime[Context]) -> Command[str]: ...


@dataclass(frozen=True)
class RoomField:
    """A field of knowledge in a room: its graph, and the vocabulary by which its matters are recognised."""

    graph: AnyGraph
    phrases: Phrases


class RoomFile(TypedDict):
    """A file for the room, as its text or in base64."""

    name: Annotated[str, Field(title="File name", description="With its ending, which tells how to read it.")]
    text: NotRequired[Annotated[str | None, Field(title="Text", description="What is in it, if it is text.")]]
    base64: NotRequired[Annotated[str | None, Field(title="Bytes", description="What is in it, in base64.")]]


class RoomRecording(TypedDict):
    """A spoken message."""

    name: Annotated[str, Field(title="File name", description="With its ending, such as note.m4a.")]
    base64: Annotated[str, Field(title="Bytes", description="The recording, in base64.")]


class RoomInput(InputState):
    """Messages, and files or a spoken message for the room."""

    documents: NotRequired[
        Annotated[list[RoomFile] | None, Field(title="Documents", description="Files to put into the room.")]
    ]
    audio: NotRequired[
        Annotated[
            RoomRecording | None,
            Field(
                title="Recording",
                description="A spoken message in mp3, mp4, m4a, wav, webm or ogg: what was said becomes the person's.",
            ),
        ]
    ]


class RoomState(RoomInput):
    """What a room works on."""

    speaker: NotRequired[
        Annotated[str | None, Field(title="Speaker", description="Who has the floor: a persona's id.")]
    ]
    outcome: NotRequired[Annotated[dict[str, Any], Field(title="Outcome", description="What the last turn did.")]]


def build_room(
    fields: Mapping[str, RoomField],
    personas: Sequence[Persona],
    *,
    is_emergency: Emergency,
    take_in: TakeIn,
) -> StateGraph[RoomState, Context, RoomInput, OutputState]:
    """The graph of a room, not compiled. `personas` are there unless the context brings others; the first is the host.

    `is_emergency` sends a message to the care field whoever has the floor; `take_in` puts files into the room and
    returns what to say of them. They come as `documents`, or with the message itself.
    """
    graph = StateGraph(RoomState, context_schema=Context, input_schema=RoomInput, output_schema=OutputState)
    vocabularies = {name: field.phrases for name, field in fields.items()}

    async def route(state: RoomState, runtime: Runtime[Context]) -> Command[str]:
        """Say who answers."""
        there = present(personas, context_of(runtime), fields)
        told: list[BaseMessage] = []
        spoken: HumanMessage | None = None
        if audio := state.get("audio"):
            spoken, answer = await hear(audio, there[0])
            told += [spoken, answer] if spoken else [answer]
        messages = [*state["messages"], spoken] if spoken else list(state["messages"])
        attached = files_in(messages[-1]) if messages else []
        only_files = bool(attached) and not last_said(messages)
        if attached and isinstance(messages[-1], HumanMessage):
            messages[-1] = with_files_named(messages[-1])  # the room has them from now on, the conversation need not
            told.append(messages[-1])
        if files := [*(state.get("documents") or []), *attached]:
            told.append(AIMessage(await take_in(files, runtime), name=there[0].id))
        update: dict[str, Any] = {"documents": None, "audio": None, "messages": told}
        if only_files or not messages or not isinstance(messages[-1], HumanMessage):
            return Command(goto=END, update=update)
        said, today = last_said(messages), context_of(runtime).today()
        persona = chosen(said, there, state.get("speaker"), vocabularies, is_emergency=is_emergency, today=today)
        return Command(goto=persona.assistant, update={**update, "speaker": persona.id})

    graph.add_node("route", route, destinations=(*fields, END))
    graph.add_edge(START, "route")
    for name, field in fields.items():
        graph.add_node(name, _speaking(name, field.graph, personas, fields), destinations=(*fields, END))
    return graph


def present(personas: Sequence[Persona], context: Context, fields: Mapping[str, RoomField]) -> list[Persona]:
    """Who is in the room: the context's personas, or the usual ones. Raises ValueError for one of an unknown field."""
    there = list(context.personas or personas)
    unknown = sorted({persona.assistant for persona in there} - fields.keys())
    if unknown:
        raise ValueError(f"there is no assistant {', '.join(unknown)} for a persona; there are {', '.join(fields)}")
    return there


def chosen(
    said: str,
    there: Sequence[Persona],
    speaker: str | None,
    vocabularies: Mapping[str, Phrases],
    *,
    is_emergency: Emergency,
    today: date,
) -> Persona:
    """Who answers a message: care in an emergency, who is spoken to, who has the floor, or whom the matter needs."""
    care = next((persona for persona in there if persona.assistant == "care"), None)
    if care is not None and is_emergency(said):
        return care
    spoken_to = addressed(said, there)
    if spoken_to is not None:
        return spoken_to
    floor = next((persona for persona in there if persona.id == speaker), there[0])
    wanted = needed(said, there, vocabularies, today)
    return wanted if wanted is not None and wanted.assistant != floor.assistant else floor


def _speaking(name: str, graph: AnyGraph, personas: Sequence[Persona], fields: Mapping[str, RoomField]) -> Speaking:
    """The node in which the personas of a field answer."""

    async def speak(state: RoomState, runtime: Runtime[Context]) -> Command[str]:
        context = context_of(runtime)
        there = present(personas, context, fields)
        persona = next(one for one in there if one.id == state.get("speaker") and one.assistant == name)
        heard = _up_to_the_question(state["messages"], persona)
        own = context.model_copy(
            update={"persona": persona, "personas": there, "model": persona.model or context.model}
        )
        known = {message.id for message in state["messages"]}
        answered = await graph.ainvoke({"messages": heard}, get_config(), context=own)
        new = [_named(message, persona) for message in answered["messages"] if message.id not in known]
        update = {"messages": new, "outcome": answered.get("outcome") or {}}
        successor = _handed_to(new, there) if _hand_overs(state["messages"]) < _MOST_HAND_OVERS else None
        if successor is None or successor.id == persona.id:
            return Command(goto=END, update=update)
        return Command(goto=successor.assistant, update={**update, "speaker": successor.id})

    return speak


def _up_to_the_question(messages: Sequence[AnyMessage], persona: Persona) -> list[BaseMessage]:
    """What a persona hears: everything up to the person's last words; who answered before them stays out.

    The name that the words begin with is taken off them, so that only the matter is left.
    """
    last = max(index for index, message in enumerate(messages) if isinstance(message, HumanMessage))
    question = messages[last]
    if isinstance(question.content, str):
        question = question.model_copy(update={"content": without_address(question.content, persona)})
    return [*messages[:last], question]


def _named(message: BaseMessage, persona: Persona) -> BaseMessage:
    """An answer with the name of who gave it."""
    return message.model_copy(update={"name": persona.id}) if isinstance(message, AIMessage) else message


def _handed_to(new: Sequence[BaseMessage], there: Sequence[Persona]) -> Persona | None:
    """To whom the last successful `hand_over` of an answer gave the floor."""
    for message in reversed(new):
        if isinstance(message, ToolMessage) and message.name == HAND_OVER and message.status != "error":
            to = json.loads(str(message.content))["data"]["to"]
            return next((persona for persona in there if persona.id == to), None)
    return None


def _hand_overs(messages: Sequence[AnyMessage]) -> int:
    """How often the floor was handed over since the person last spoke."""
    count = 0
    for message in reversed(messages):
        if isinstance(message, HumanMessage):
            break
        count += isinstance(message, ToolMessage) and message.name == HAND_OVER
    return count
