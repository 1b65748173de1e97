"""No text of ours advises on medicines, and none gives anybody a diagnosis."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import agent.demo
import tools.pain
from agent.prompts import CARE_ROLE
from tests.unit.pain.care_requests import plan
from tests.unit.pain.corpus import sentences
from tools.knowledge.articles import read_folder
from tools.pain.clinician_summary import NOTICE
from tools.pain.dosing_text import dosing_in
from tools.pain.escalation import escalation_text, question_text
from tools.pain.red_flag_rules import load_rules
from tools.pain.triage import triage

PAIN = Path(tools.pain.__path__[0])
DEMO = Path(agent.demo.__path__[0])
_LABEL = re.compile(
    r"\b(?:you (?:have|may have|might have|probably have|suffer from)|this is|that is|sounds like|looks like|it is|your)"
    r" (?:a |an |the |probably |likely )*(?:cauda equina|fibromyalgia|slipped disc|herniat\w+|prolapse|arthritis|osteoarthritis"
    r"|cancer|tumour|infection|fracture|heart attack|stroke|stenosis|spondyl\w+|tendin\w+|bursitis|neuropathy|diagnosis)\b",
    re.IGNORECASE,
)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)


def our_texts() -> list[str]:
    """Everything that the care assistant can say of its own."""
    exercises = tomllib.loads((PAIN / "exercises.toml").read_text(encoding="utf-8"))
    vocabulary = tomllib.loads((DEMO / "care.toml").read_text(encoding="utf-8"))
    spoken = [vocabulary["greeting"], *vocabulary["examples"], *vocabulary["build"]["ask"].values()]
    for intent in vocabulary["intent"]:
        spoken += [intent.get("say", ""), intent.get("ask", ""), *intent.get("asks", {}).values()]
    rules = [text for rule in load_rules().rules for text in (rule.label, rule.question)]
    found = [triage(said.text) for said in sentences()]
    fixed = {text for one in found for text in (escalation_text(one), question_text(one)) if text}
    articles = [chunk.text for chunk in read_folder(PAIN / "knowledge")]
    return [*_strings(exercises), *spoken, *rules, *sorted(fixed), *articles, *_strings(plan().to_json()), NOTICE]


def test_no_text_advises_on_an_amount_of_medicine() -> None:
    assert [(text[:80], said) for text in our_texts() if (said := dosing_in(text))] == []


def test_no_text_tells_anybody_what_they_have() -> None:
    assert [found[0] for text in our_texts() if (found := _LABEL.search(text))] == []


def test_the_role_forbids_both() -> None:
    assert "never a diagnosis" in CARE_ROLE
    assert "Never say how much or how often" in CARE_ROLE


def test_there_is_an_article_on_every_subject_and_each_can_be_cited() -> None:
    chunks = read_folder(PAIN / "knowledge")
    names = {chunk.anchor.split("#")[0] for chunk in chunks}
    assert names >= {"staying-active", "pacing", "flare-ups", "warning-signs", "sleep", "progression", "medicines"}
    assert all(chunk.title and chunk.source and chunk.heading for chunk in chunks)
