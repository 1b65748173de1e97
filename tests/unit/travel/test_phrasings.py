"""The demo model on travel phrasings: in its grammar nearly all, outside of it honestly few; every miss is shown."""

from collections.abc import Callable
from pathlib import Path

import pytest

from agent.demo.phrases import load_phrases
from agent.demo.slots_travel import TRAVEL_PARSERS, TRAVEL_SLOTS
from tests.unit.agent.demo.sayings import Listener, Saying, sayings
from tests.unit.travel.requests import TODAY, request
from tools.travel.build_itinerary import build_itinerary
from tools.travel.langchain_tools import ALL_TOOLS

HERE = Path(__file__).parent
LISTENER = Listener(
    phrases=load_phrases("travel", parsers=TRAVEL_PARSERS, slots=TRAVEL_SLOTS),
    tools=[tool.name for tool in ALL_TOOLS],
    plan=build_itinerary(request()).document,
    today=TODAY,
)


@pytest.mark.parametrize("saying", list(sayings(HERE / "phrasings.txt")), ids=lambda one: one.said[:60])
def test_what_is_in_the_grammar_leads_to_the_right_call(saying: Saying) -> None:
    assert LISTENER.problem(saying) is None


def test_paraphrases_are_understood_or_owned_up_to(record_property: Callable[[str, object], None]) -> None:
    found = LISTENER.understanding(list(sayings(HERE / "paraphrases.txt")))
    record_property("understood", f"{found.understood} of {found.said}")
    print(f"travel paraphrases: {found}")
    assert found.said >= 20
    # What is not understood must at least not be done wrongly more often than not.
    assert len(found.wrong) <= found.said // 4


def test_every_example_of_the_vocabulary_is_understood() -> None:
    for example in LISTENER.phrases.examples:
        new = example.startswith(("plan", "find"))
        answer = LISTENER.reply(example.replace("the Louvre", "Gion"), new=new)
        assert answer.tool_calls, example
