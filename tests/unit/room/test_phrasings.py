"""The demo model on what people say to a room's host: in its grammar nearly all; outside of it the rate is printed."""

from datetime import date
from pathlib import Path

import pytest

from agent.plan.document import PlanDocument
from graphs.chat import CHAT
from tests.unit.agent.demo.sayings import Listener, Saying, sayings

HERE = Path(__file__).parent
LISTENER = Listener(
    CHAT.phrases, [tool.name for tool in CHAT.tools], PlanDocument.empty("chat").to_json(), date(2026, 11, 21)
)


@pytest.mark.parametrize("saying", list(sayings(HERE / "phrasings.txt")), ids=lambda one: one.said[:60])
def test_what_is_in_the_grammar_leads_to_the_right_call(saying: Saying) -> None:
    assert LISTENER.problem(Saying(saying.said, True, saying.tool, saying.expected)) is None


def test_paraphrases_are_understood_or_owned_up_to() -> None:
    said = [Saying(one.said, True, one.tool, one.expected) for one in sayings(HERE / "paraphrases.txt")]
    found = LISTENER.understanding(said)
    print(f"room paraphrases: {found}")
    assert len(found.wrong) <= found.said // 3
