"""Whatever is said, the demo model answers: it never raises, and it never calls what it cannot fill in."""

import re

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.unit.agent.demo.conversation import answer, told

WORDS = re.findall(
    r"\S+",
    "move make swap add remove undo restore compare show plan build week the tempo long run easy runs all every it to "
    "from on in by and then of , . ; ? Tuesday wed Sunday tomorrow today 22 April 2026-04-22 2026-13-45 29 February "
    "1 2 3 8 0 99 999999999999 -1 km miles minutes % 10% longer shorter easier days later earlier version marathon "
    "half 10k in 50:00 99:99 what why how when is my next longest w3-long week3 last first race rest strength twenty "
    "\u0663 \u00bd ' \" ( [ { \\ ``` \U0001f3c3 a an number 5.5 1e9 nan",
)


@settings(max_examples=150)
@given(words=st.lists(st.sampled_from(WORDS), min_size=1, max_size=14), planned=st.booleans())
@example(words=["move the tempo in week 3 999999999 days later"], planned=True)
@example(words=["move everything back by 999999999999 weeks"], planned=True)
@example(words=["make the long run in week 3 99999999999999999999999 km longer"], planned=True)
@example(words=["show version 99999999999999999999999999"], planned=True)
@example(words=["undo version 0"], planned=True)
@example(words=["move the tempo in week 3 to 31 April"], planned=True)
@example(words=["move the long run in week 0 to Monday"], planned=True)
@example(words=["and " * 200], planned=True)
@example(words=["make the " * 100 + "longer"], planned=True)
def test_any_words_get_an_answer(words: list[str], planned: bool) -> None:
    text = " ".join(words)
    reply = answer(text) if planned else answer(text, system=told(None))
    assert reply.tool_calls or reply.content


@settings(max_examples=50)
@given(text=st.text(max_size=300))
def test_any_characters_get_an_answer(text: str) -> None:
    reply = answer(text)
    assert reply.tool_calls or reply.content


def test_a_very_long_text_is_answered_without_being_parsed() -> None:
    assert "more than I can take in" in str(answer("move the tempo and " * 5000).content)
