"""The rules of triage, read from `red_flags.toml`: what is looked for, how people say it, and who says it matters."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

RED_FLAGS = Path(__file__).with_name("red_flags.toml")
FlagLevel = Literal["emergency", "urgent"]


@dataclass(frozen=True)
class Part:
    """One concept of a variant; `anywhere` in the text, or near the others in a sentence."""

    concept: str
    anywhere: bool


Variant = tuple[Part, ...]


@dataclass(frozen=True)
class RedFlagRule:
    """One red flag.

    `variants` fire it, `asks` only lead to its question, as does a drawing with one of the shapes in `drawn`. The rule
    is silent where `unless` is said. With `past_counts` history alone matters; with `feared` words of worry ("is it
    cancer?") are no history.
    """

    id: str
    level: FlagLevel
    label: str
    source: str
    question: str
    variants: tuple[Variant, ...]
    asks: tuple[Variant, ...]
    drawn: frozenset[str]
    past_counts: bool
    feared: bool
    unless: re.Pattern[str] | None


@dataclass(frozen=True)
class RuleBase:
    """All rules, the wordings of their concepts (`ages` for those about a person's age), masks and other persons."""

    rules: tuple[RedFlagRule, ...]
    concepts: Mapping[str, re.Pattern[str]]
    ages: Mapping[str, int]
    masks: re.Pattern[str]
    persons: re.Pattern[str]


def load_rules(file: Path = RED_FLAGS) -> RuleBase:
    """Read the rules; call it at import time. Raises KeyError for a variant with an unknown concept."""
    told = tomllib.loads(file.read_text(encoding="utf-8"))
    ages = {name: int(words[0].removeprefix("@age:")) for name, words in told["concepts"].items() if _is_age(words)}
    concepts = {name: _pattern(words) for name, words in told["concepts"].items() if name not in ages}
    known = {*ages, *concepts}
    return RuleBase(
        rules=tuple(_rule(entry, known) for entry in told["rule"]),
        concepts=concepts,
        ages=ages,
        masks=_pattern(told["masks"]["words"]),
        persons=re.compile(
            rf"\b(?:(?:my|his|her|our|your|the|a|an|this|some) )?(?:\w+ )?(?:{'|'.join(told['persons']['words'])})(?P<own>'s)?\b"
        ),
    )


def _is_age(words: list[str]) -> bool:
    return len(words) == 1 and words[0].startswith("@age:")


def _pattern(words: list[str]) -> re.Pattern[str]:
    return re.compile(r"\b(?:" + "|".join(words) + r")(?!\w)")


def _rule(entry: Mapping[str, Any], known: set[str]) -> RedFlagRule:
    return RedFlagRule(
        id=entry["id"],
        level=entry["level"],
        label=entry["label"],
        source=entry["source"],
        question=entry["question"],
        variants=_variants(entry["variants"], known),
        asks=_variants(entry.get("asks", []), known),
        drawn=frozenset(entry.get("drawn", ())),
        past_counts=entry.get("past") == "counts",
        feared=bool(entry.get("feared", False)),
        unless=_pattern(entry["unless"]) if "unless" in entry else None,
    )


def _variants(told: list[list[str]], known: set[str]) -> tuple[Variant, ...]:
    variants = tuple(tuple(Part(name.removeprefix("~"), name.startswith("~")) for name in one) for one in told)
    for part in (part for variant in variants for part in variant):
        if part.concept not in known:
            raise KeyError(f"red_flags.toml has no concept {part.concept}")
    return variants
