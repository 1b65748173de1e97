"""The demo model on what teams say: in its grammar nearly all; outside of it the rate is printed, and mistakes are few."""

from pathlib import Path

import pytest

from agent.demo.phrases import load_phrases
from agent.demo.slots_process import PARSERS
from tests.unit.agent.demo.sayings import Listener, Saying, sayings
from tests.unit.process.plans import MONDAY, release
from tools.process.langchain_tools import PROCESS_TOOLS

HERE = Path(__file__).parent
LISTENER = Listener(
    phrases=load_phrases("process", parsers=PARSERS),
    tools=[tool.name for tool in PROCESS_TOOLS],
    plan=release(),
    today=MONDAY.date(),
)


@pytest.mark.parametrize("saying", list(sayings(HERE / "phrasings.txt")), ids=lambda one: one.said[:60])
def test_what_is_in_the_grammar_leads_to_the_right_call(saying: Saying) -> None:
    assert LISTENER.problem(saying) is None


def test_paraphrases_are_understood_or_owned_up_to() -> None:
    found = LISTENER.understanding(list(sayings(HERE / "paraphrases.txt")))
    print(f"process paraphrases: {found}")
    assert found.said >= 20
    assert len(found.wrong) <= found.said // 4
