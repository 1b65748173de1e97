"""What people say to the care assistant and what the demo model makes of it; the sentences are in tests/data/pain."""

import json
from pathlib import Path

import pytest

from agent.plan.edits import compile_edits
from tests.unit.pain.care_requests import asked, plan
from tools.pain.plan_items import KINDS

FOLDER = Path(__file__).parents[2] / "data" / "pain"


def rows(name: str) -> list[list[str]]:
    lines = (FOLDER / name).read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


PHRASINGS = rows("phrasings.tsv")


def test_there_are_enough_phrasings() -> None:
    assert len(PHRASINGS) >= 60
    assert len(rows("paraphrases.tsv")) == 20


@pytest.mark.parametrize(("said", "tool", "expected"), PHRASINGS, ids=[row[0][:60] for row in PHRASINGS])
def test_a_request_in_the_grammar_is_understood_exactly(said: str, tool: str, expected: str) -> None:
    name, args = asked(said.removeprefix("!"), with_plan=not said.startswith("!"))
    assert name == tool
    if tool == "say":
        assert args.startswith(expected)
        return
    assert args == json.loads(expected)
    if tool == "edit_plan":
        compile_edits(plan(), args["ops"], KINDS)


def test_how_many_paraphrases_are_understood_is_reported() -> None:
    paraphrases = rows("paraphrases.tsv")
    understood = [said for tool, said in paraphrases if asked(said, with_plan=tool != "build_plan")[0] == tool]
    print(f"\nparaphrases understood: {len(understood)}/{len(paraphrases)}")
    # None is taken for a request to change the plan that it is not.
    for tool, said in paraphrases:
        name, _ = asked(said, with_plan=tool != "build_plan")
        assert name in (tool, "say", "log_pain", "pain_diary"), said
