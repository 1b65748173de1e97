"""Triage: red flags in people's own words, and what only sounds like one."""

from dataclasses import dataclass
from datetime import date

import pytest
from langsmith import testing

from tests.evaluations.scores import Scores
from tests.unit.pain.corpus import Said, sentences
from tools.pain.similar_signs import similar_sign
from tools.pain.triage import triage

SUITE, UNSEEN_SUITE = "triage", "triage, unseen words"
TODAY = date(2026, 11, 21)

EMERGENCIES, URGENT, SPECIFICITY = "emergency recall", "urgent recall", "specificity"
NOTICED = "noticed: flagged or asked about"
LIMITS = {EMERGENCIES: 1.0, URGENT: 0.95, SPECIFICITY: 0.95}
UNSEEN_LIMITS = {NOTICED: 0.75, SPECIFICITY: 0.9}


@dataclass(frozen=True)
class Sentence:
    """What somebody wrote; `suite` says whether the rules were made with sentences of its file in view."""

    suite: str
    said: Said


def cases() -> list[Sentence]:
    """The sentences that rules were made for, and those that they were not."""
    seen = [Sentence(SUITE, said) for said in sentences()]
    return seen + [Sentence(UNSEEN_SUITE, said) for said in sentences("unseen.tsv")]


@pytest.mark.langsmith(test_suite_name="planloom triage")
def test_a_sentence_is_taken_as_seriously_as_it_is(case: Sentence, scores: Scores) -> None:
    testing.log_inputs({"sentence": case.said.text})
    testing.log_reference_outputs({"level": case.said.level})
    found = triage(case.said.text, today=TODAY)
    asks = bool(found.questions) or (not found.flags and similar_sign(case.said.text, found.settled) is not None)
    testing.log_outputs({"level": found.level, "flags": [flag.id for flag in found.flags], "asks": asks})
    name, value = _score(case, found.level, asks=asks)
    scores.add(case.suite, name, value)
    testing.log_feedback(key=name, score=value)
    assert (found.level == "routine") == (not found.flags), "a level above routine names its flags"


def test_the_scores_keep_their_limits(scores: Scores) -> None:
    assert scores.beyond(SUITE, LIMITS) + scores.beyond(UNSEEN_SUITE, UNSEEN_LIMITS) == []


def _score(case: Sentence, level: str, *, asks: bool) -> tuple[str, float]:
    if case.said.level == "routine":
        return SPECIFICITY, float(level == "routine")
    if case.suite == UNSEEN_SUITE:
        return NOTICED, float(level != "routine" or asks)
    if case.said.level == "emergency":
        return EMERGENCIES, float(level == "emergency")
    return URGENT, float(level != "routine")
