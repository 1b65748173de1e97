"""Answers to interrupts against the schemas that they came with, in the schemas' own words where they have some."""

from typing import Any

import pytest
from langgraph.types import Interrupt

from server.errors import Malformed
from server.runs.resume_answers import problems_of, require_answers

ID, OTHER = "a" * 32, "b" * 32
YES = {"enum": ["yes", "no"], "errorMessage": "say yes or no"}


def asked(schema: Any, interrupt_id: str = ID) -> Interrupt:
    return Interrupt("?", interrupt_id, response_schema=schema)


def refusal(resume: Any, *interrupts: Interrupt) -> str:
    with pytest.raises(Malformed) as refused:
        require_answers(resume, interrupts)
    return refused.value.detail


@pytest.mark.parametrize(
    ("resume", "interrupts"),
    [
        ("anything", [asked(None)]),
        ("yes", [asked(YES)]),
        ({ID: "yes"}, [asked(YES), asked(YES, OTHER)]),
        ({ID: "yes", OTHER: 5}, [asked(YES), asked({"type": "integer"}, OTHER)]),
        ("maybe", []),
        ("maybe", [asked(YES), asked(YES, OTHER)]),  # the graph says that it does not know which one is meant
        ("maybe", [asked({"$ref": "https://elsewhere.example/schema"})]),
        ("maybe", [asked({"type": "nonsense"})]),
    ],
)
def test_answers_that_fit_and_questions_that_say_nothing_usable_pass(resume: Any, interrupts: list[Interrupt]) -> None:
    assert problems_of(resume, interrupts) == []


def test_an_answer_that_does_not_fit_is_refused_in_the_schemas_words_or_with_the_place() -> None:
    assert refusal("maybe", asked(YES)).endswith("say yes or no")
    assert "say yes or no" in refusal({ID: "yes", OTHER: "maybe"}, asked(YES), asked(YES, OTHER))
    deep = {"properties": {"stars": {"properties": {"n": {"maximum": 5}}}}}
    assert refusal({"stars": {"n": 6}}, asked(deep)).endswith("stars/n: 6 is greater than the maximum of 5")
