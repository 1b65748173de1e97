"""A room: who is spoken to answers, each with a plan of their own, and what they ask is asked in the room."""

from base64 import b64encode
from typing import Any
from uuid import uuid4

from langchain_core.messages import AIMessage, HumanMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.store.memory import InMemoryStore
from langgraph.types import Command

from agent.context import Context
from agent.persona import Persona
from graphs.chat import graph
from tests.unit.documents.files import pdf

PLAN = "@coach I want an 8-week half marathon plan, I run 25 km a week, longest 10 km, 4 days"


class Room:
    """A conversation with the room's graph on a store and a saver of its own."""

    def __init__(self, **context: Any) -> None:
        self._graph = graph.copy(update={"checkpointer": InMemorySaver(), "store": InMemoryStore()})
        self._config: Any = {"configurable": {"thread_id": str(uuid4())}}
        chosen = {"model": "demo:rules", "now": "2026-11-16T09:00:00+00:00", **context}
        self._context = Context.model_validate(chosen)

    async def say(self, said: str, **more: Any) -> dict[str, Any]:
        return await self._run({"messages": [("user", said)], **more})

    async def send(self, content: list[str | dict[str, Any]]) -> dict[str, Any]:
        return await self._run({"messages": [HumanMessage(content)]})

    async def hears(self, recording: dict[str, Any]) -> dict[str, Any]:
        return await self._run({"audio": recording})

    async def answer(self, **decision: Any) -> dict[str, Any]:
        return await self._run(Command(resume={"decisions": [decision]}))

    async def _run(self, given: Any) -> dict[str, Any]:
        return await self._graph.ainvoke(given, self._config, context=self._context)


def last(state: dict[str, Any]) -> AIMessage:
    message = state["messages"][-1]
    assert isinstance(message, AIMessage)
    return message


async def test_everybody_has_a_plan_of_their_own_and_the_room_hears_all() -> None:
    room = Room(approval="auto")
    built = await room.say(PLAN)
    assert (last(built).name, last(built).text.startswith("8-week half marathon plan")) == ("coach", True)
    workshop = await room.say("@process set up a workshop on 2027-02-10")
    assert last(workshop).text.startswith("Workshop: ")
    assert "Week 3" in last(await room.say("ask the coach: show week 3")).text
    moved = await room.say("move Tuesday's tempo in week 3 to Wednesday")
    assert last(moved).text == "Moved Tempo from Tue 8 Dec to Wed 9 Dec. The plan is now version 2."
    assert "critical" not in last(await room.say("@process what is the critical path?")).text.lower().split()[0]
    emergency = await room.say("I have chest pain that spreads to my arm")
    assert last(emergency).name == "care"
    ids = [message.id for message in emergency["messages"]]
    assert len(ids) == len(set(ids))


async def test_what_a_persona_asks_is_asked_in_the_room_and_answered_there() -> None:
    room = Room(approval="always")
    asked = await room.say(PLAN)
    (interrupt,) = asked["__interrupt__"]
    assert interrupt.value["action_requests"]
    approved = await room.answer(type="approve")
    assert "__interrupt__" not in approved
    assert "saved as version 1" in last(approved).text


async def test_documents_are_taken_in_cited_and_gone_when_removed() -> None:
    room = Room()
    handbook = pdf("Everybody has thirty days of holiday a year.", "The daily allowance is 28 euros.", title="Handbook")
    files = [{"name": "h.pdf", "base64": b64encode(handbook).decode()}, {"name": "x", "text": ""}]
    told = await room.say("which documents are here?", documents=files)
    taken = [message.text for message in told["messages"] if isinstance(message, AIMessage) and message.name == "host"]
    assert taken[0].startswith("Taken in: Handbook. Not taken in: x: The file is empty.")
    assert "Handbook (pdf, 2 pages)" in last(told).text
    assert last(await room.say("how much vacation do I get?")).text.startswith(
        "Handbook, page 1: “Everybody has thirty days of holiday a year.”"
    )
    assert "28 euros" in last(await room.say("summarise the handbook in 2 sentences")).text
    assert last(await room.say("remove the handbook")).text == "Handbook is removed."
    assert "nothing" in last(await room.say("how much vacation do I get?")).text


async def test_a_file_that_a_chat_page_attaches_is_a_document() -> None:
    room = Room()
    handbook = b64encode(pdf("Everybody has thirty days of holiday a year.", title="Handbook")).decode()
    file = {"type": "file", "mimeType": "application/pdf", "data": handbook, "metadata": {"filename": "h.pdf"}}
    alone = await room.send([file])
    assert [message.text for message in alone["messages"]] == ["\n[h.pdf]", "Taken in: Handbook."]
    asked = await room.send([{"type": "text", "text": "how much vacation do I get?"}, file])
    assert last(asked).text.startswith("Handbook, page 1: “Everybody has thirty days of holiday a year.”")
    assert handbook not in str(asked["messages"]), "the conversation does not carry the file on"


async def test_a_persona_has_only_the_tools_it_was_given() -> None:
    dee = Persona(id="dee", name="Dee", assistant="chat", tools=["list_documents"])
    room = Room(personas=[dee])
    refused = await room.say("what is 17 % of 2400?")
    assert "408" not in last(refused).text
    assert last(await room.say("which documents are here?")).text == "There are no documents here yet."


async def test_the_host_hands_over_and_the_other_answers_in_the_same_turn() -> None:
    room = Room()
    handed = await room.say("hand this over to nobody")
    assert "There is no 'nobody' in this room" in last(handed).text
    given = await room.say("please connect me with travel or hand over to the travel")
    assert last(given).name == "travel"
