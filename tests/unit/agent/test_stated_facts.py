"""Which messages ask to remember something."""

import pytest

from agent.memory.stated import kind_of, stated_fact


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("remember that I run on Mondays", "I run on Mondays"),
        ("Please remember: my dog is called Rex.", "my dog is called Rex"),
        ("don\u2019t forget that I have a bad knee", "I have a bad knee"),
        ("I prefer running in the morning", "I prefer running in the morning"),
        ("My name is Ada", "My name is Ada"),
        ("move the tempo to Monday", None),
        ("do you remember my plan?", None),
        ("", None),
    ],
)
def test_a_fact_is_what_follows_the_request_to_remember_it(text: str, fact: str | None) -> None:
    assert stated_fact(text) == fact


def test_what_the_person_likes_is_a_preference() -> None:
    assert kind_of("I prefer running in the morning") == "preference"
    assert kind_of("my dog is called Rex") == "fact"
