from datetime import date

import pytest

from agent.context import Context
from agent.persona import Persona
from agent.room.graph import chosen, present
from agent.room.routing import addressed, without_address
from graphs.chat import FIELDS, PERSONAS, graph
from tools.pain.triage import triage

BY_ID = {persona.id: persona for persona in PERSONAS}
PHRASES = {name: field.phrases for name, field in FIELDS.items()}
TODAY = date(2026, 11, 16)


def who(said: str, speaker: str | None = None) -> str:
    return chosen(
        said, PERSONAS, speaker, PHRASES, is_emergency=lambda text: triage(text).level == "emergency", today=TODAY
    ).id


@pytest.mark.parametrize(
    ("said", "persona"),
    [
        ("@coach show week 3", "coach"),
        ("Coach, show week 3", "coach"),
        ("hi travel: what about Rome?", "travel"),
        ("ask the coach for a plan", "coach"),
        ("talk to travel", "travel"),
        ("put me through to the care", "care"),
        ("back to the host", "host"),
        ("could you hand over to process?", "process"),
        ("I coach a team", None),
        ("we travel in May", None),
        ("mail@coach.example", None),
    ],
)
def test_somebody_is_spoken_to_by_name_and_not_by_the_word(said: str, persona: str | None) -> None:
    found = addressed(said, PERSONAS)
    assert (found.id if found else None) == persona


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("@coach show week 3", "show week 3"),
        ("Coach, show week 3", "show week 3"),
        ("ask the coach: show week 3", "show week 3"),
        ("ask the coach to show week 3", "show week 3"),
        ("show week 3", "show week 3"),
        ("@coach", "@coach"),
    ],
)
def test_the_name_is_taken_off_so_that_the_matter_is_left(said: str, left: str) -> None:
    assert without_address(said, BY_ID["coach"]) == left


def test_whoever_has_the_floor_keeps_it_until_another_is_named_or_needed() -> None:
    assert who("hello") == "host"
    assert who("show week 3", speaker="coach") == "coach"
    assert who("@travel hello", speaker="coach") == "travel"
    assert who("plan 3 days in Kyoto from 4 May for two people", speaker="coach") == "travel"
    assert who("I want an 8-week half marathon plan, I run 25 km a week, longest 10 km, 4 days") == "coach"
    assert who("set up a workshop on 2027-02-10") == "process"
    assert who("show week 3", speaker="somebody who left") == "host"


def test_an_emergency_goes_to_care_whoever_has_the_floor_or_is_spoken_to() -> None:
    said = "@coach I have chest pain that spreads to my arm"
    assert who(said, speaker="travel") == "care"
    without_care = [persona for persona in PERSONAS if persona.id != "care"]
    alone = chosen(said, without_care, None, PHRASES, is_emergency=lambda _: True, today=TODAY)
    assert alone.id == "coach"


def test_a_room_may_have_its_own_people_but_none_of_an_unknown_field() -> None:
    ann = Persona(id="ann", name="Ann", assistant="coach", prompt="You speak like a pirate.", tools=["log_run"])
    assert present(PERSONAS, Context(personas=[ann]), FIELDS) == [ann]
    assert present(PERSONAS, Context(), FIELDS) == list(PERSONAS)
    with pytest.raises(ValueError, match="no assistant chef"):
        present(PERSONAS, Context(personas=[ann.model_copy(update={"assistant": "chef"})]), FIELDS)


def test_the_drawing_shows_every_assistant_and_looks_inside() -> None:
    nodes = graph.get_graph(xray=True).nodes
    assert {"route", "coach:plan_diff", "care:safety_gate", "chat:tools"} <= set(nodes)
