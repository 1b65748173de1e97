"""Ten turns with the travel assistant's real graph and no key: a trip, looks at it, changes, searches, and undo."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from agent.graph import build_graph
from graphs.travel import TRAVEL
from tests.integration.agent.talk import Talk, Turn, in_memory
from tools.travel.trip_view import read_trip


async def say(talk: Talk, text: str) -> Turn:
    turn = await talk.say(text)
    print(f"\n> {text}\n{turn.text}")
    if turn.interrupt is not None:
        turn = await talk.decide(type="approve")
        print(f"> (approve)\n{turn.text}")
    return turn


@pytest.fixture
def talk(tmp_path: Path) -> Talk:
    """A new thread; with a single article, so that a test's new database is seeded in no time."""
    assert TRAVEL.knowledge_folder is not None
    shutil.copy(TRAVEL.knowledge_folder / "jet-lag.md", tmp_path)
    return Talk(in_memory(build_graph(replace(TRAVEL, knowledge_folder=tmp_path))))


async def test_ten_turns_build_a_trip_and_change_it(talk: Talk) -> None:
    built = await say(
        talk, "plan 4 days in Kyoto from 4 May for two people flying from London, we like temples and food"
    )
    assert "plan.version" in built.types
    assert "sample data" in built.text
    shown = await say(talk, "show day 2")
    assert "07:00-08:20 From the airport" in shown.text
    cost = await say(talk, "what does the trip cost?")
    assert "JPY" in cost.text
    flights = await say(talk, "find flights for the trip")
    assert "(Sample data.)" in flights.text
    await say(talk, "use flight 1")
    trip = read_trip((await talk.document()).to_json())
    assert all(flight.data.provenance == "sample" and flight.data.number for flight in trip.flights)
    before = await talk.document()
    visit = next(one for one in trip.visits if one.parent == "d3")
    await say(talk, f"make {visit.title} 15 minutes longer")
    longer = next(one for one in read_trip((await talk.document()).to_json()).visits if one.id == visit.id)
    assert longer.minutes == visit.minutes + 15
    await say(talk, "undo that")
    assert (await talk.document()) == before
    await say(talk, "add Gion on day 3")
    assert any(one.title == "Gion" for one in read_trip((await talk.document()).to_json()).visits)
    packed = await say(talk, "what should I pack?")
    assert "passport" in packed.text
    exported = await say(talk, "export it to my calendar")
    assert "?format=ics" in exported.text
    asked = await say(talk, "why is jet lag worse when flying east?")
    assert "Eastman" in asked.text
    assert not await talk.unanswered()


async def test_what_cannot_be_is_said_and_nothing_is_made(talk: Talk) -> None:
    for text, words in (
        ("plan 3 days in Atlantis from 4 May", "no sights of 'Atlantis'"),
        ("plan 3 days in Rome from 4 May for 2 people, at most 50 euros", "not enough"),
        ("find flights from Nowhereville to Tokyo on 4 May", "no airport or city"),
        ("how far is it from Portland to Rome?", "several airports"),
    ):
        turn = await say(talk, text)
        assert words in turn.text, turn.text
        assert "plan.version" not in turn.types


async def test_a_closed_door_turns_a_move_down(talk: Talk) -> None:
    await say(talk, "plan 3 days in Paris from 8 June, including the Louvre")
    louvre = next(one for one in read_trip((await talk.document()).to_json()).visits if one.title == "Louvre")
    assert louvre.start.weekday() != 1
    turn = await say(talk, "move the Louvre to day 2")
    assert "closed on Tuesdays" in turn.text
    assert (await talk.version()).version == 1
