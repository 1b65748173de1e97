"""The demo model on what runners say: in its grammar nearly all; outside of it the rate is printed, and mistakes are few."""

from pathlib import Path

import pytest

from tests.unit.agent.demo.conversation import PHRASES
from tests.unit.agent.demo.sayings import Listener, Saying, sayings
from tests.unit.running.test_adjust import PLAN, TODAY
from tools.running.langchain_tools import RUNNING_TOOLS

HERE = Path(__file__).parent
LISTENER = Listener(PHRASES, [tool.name for tool in RUNNING_TOOLS], PLAN, TODAY)


@pytest.mark.parametrize("saying", list(sayings(HERE / "phrasings.txt")), ids=lambda one: one.said[:60])
def test_what_is_in_the_grammar_leads_to_the_right_call(saying: Saying) -> None:
    assert LISTENER.problem(saying) is None


def test_paraphrases_are_understood_or_owned_up_to() -> None:
    found = LISTENER.understanding(list(sayings(HERE / "paraphrases.txt")))
    print(f"coach paraphrases: {found}")
    assert found.said >= 20
    assert len(found.wrong) <= found.said // 4
