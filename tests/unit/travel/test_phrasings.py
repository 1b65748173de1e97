"""The demo model on travel phrasings: in its grammar nearly all, outside of it honestly few; every miss is shown."""

from collections.abc import Callable

import pytest

from tests.unit.travel.speaking import PHRASES, Saying, problem, reply, sayings

PARAPHRASES = list(sayings("paraphrases.txt"))


@pytest.mark.parametrize("saying", list(sayings("phrasings.txt")), ids=lambda one: one.said[:60])
def test_what_is_in_the_grammar_leads_to_the_right_call(saying: Saying) -> None:
    assert problem(saying) is None


def test_paraphrases_are_understood_or_owned_up_to(record_property: Callable[[str, object], None]) -> None:
    wrong = []
    for saying in PARAPHRASES:
        told = problem(saying)
        if told is not None and reply(saying.said, new=saying.new).tool_calls:
            wrong.append((saying.said, told))
    understood = sum(problem(saying) is None for saying in PARAPHRASES)
    record_property("understood", f"{understood} of {len(PARAPHRASES)}")
    print(f"paraphrases understood: {understood} of {len(PARAPHRASES)}; wrongly acted on: {wrong}")
    assert len(PARAPHRASES) >= 20
    # What is not understood must at least not be done wrongly more often than not.
    assert len(wrong) <= len(PARAPHRASES) // 4


def test_every_example_of_the_vocabulary_is_understood() -> None:
    for example in PHRASES.examples:
        new = example.startswith(("plan", "find"))
        answer = reply(example.replace("the Louvre", "Gion"), new=new)
        assert answer.tool_calls, example
