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
    said = list(sayings(HERE / "paraphrases.txt"))
    missed = [one for one in said if LISTENER.problem(one) is not None]
    wrong = [one.said for one in missed if LISTENER.reply(one.said, new=one.new).tool_calls]
    print(f"coach paraphrases understood: {len(said) - len(missed)} of {len(said)}; wrongly acted on: {wrong}")
    assert len(said) >= 20
    assert len(wrong) <= len(said) // 4
