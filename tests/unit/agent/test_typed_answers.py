"""What counts as a plain yes or no to a change that waits."""

import pytest

from agent.typed_answers import yes_or_no


@pytest.mark.parametrize(
    "text",
    ["yes", "Yes!", "ok, do it", "Yes please", "that\u2019s fine, go ahead", "I approve this", "looks good", "ja"],
)
def test_an_approval_is_a_yes(text: str) -> None:
    assert yes_or_no(text) is True


@pytest.mark.parametrize("text", ["no", "No, thanks.", "please don't", "never mind", "leave it as it is", "nein"])
def test_a_refusal_is_a_no(text: str) -> None:
    assert yes_or_no(text) is False


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "please",
            "yes no",
            "yes, but on Friday",
            "no, move it to Friday",
            "do it again",
            "not good",
            "is it fine?",
        ),
        *("yesterday", "make it 7 km", "yes " * 40),
    ],
)
def test_what_says_anything_else_is_neither(text: str) -> None:
    assert yes_or_no(text) is None
