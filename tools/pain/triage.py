"""Red-flag triage of what a person says about their pain: rules, no model, before anything else is done.

Sources are named in each rule (NICE NG59, the GIRFT cauda equina pathway, Finucane and others, IFOMPT framework, JOSPT
50, 2020, and others). It tells how urgently somebody should be seen, never what they have.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise, product
from typing import Literal

from tools.pain.assertions import Reading, Status, read, status_of
from tools.pain.red_flag_rules import FlagLevel, RedFlagRule, RuleBase, Variant, load_rules

Level = Literal["emergency", "urgent", "routine"]
Answer = Literal["yes", "no", "unsure"]

_RULES = load_rules()
_ORDER: dict[Level, int] = {"emergency": 0, "urgent": 1, "routine": 2}
_NEAR = 90
"""How many characters may lie between the words that make up one finding."""
_MOST_PLACES = 12
"""How many places of one concept in a sentence are looked at; a sentence with more says it often enough."""
_AGES = re.compile(
    r"\b(?:(?:i'm|i am|i turned|aged?|being|i'm only|i'm now)|(?P<at>at)) (?:only |just |now "
    r"|already )?(?P<age>\d{2,3})\b"
    r"(?!\s*(?:kg|kilos?|km|%|percent|min\w*|hours?|days?|weeks?|months?|pm|am|o'clock|lbs|pounds|stone|cm|°"
    r"|degrees|steps|reps"
    r"|/|:|\.\d))|\b(?P<old>\d{2,3})[- ]?(?:years?|yrs?)[- ](?:old|of age)\b|\b(?P<yo>\d{2,3}) ?yo\b"
    r"|\b(?:i'm|i am|i turned|aged|age) (?:only |just |now )?(?:(?P<tens>fifty|sixty|seventy|eighty"
    r"|ninety)(?:[- ](?P<ones>one|two|three|four"
    r"|five|six|seven|eight|nine))?|(?P<teen>ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen"
    r"|eighteen|nineteen))\b"
)
_TENS = {"fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
_ONES = ("", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_TEENS = ("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")
_ADULT = 20


@dataclass(frozen=True)
class Flag:
    """A red flag that was found: which, how urgent, in whose words, and who says that it matters."""

    id: str
    level: FlagLevel
    label: str
    quote: str
    source: str


@dataclass(frozen=True)
class Question:
    """What would settle a red flag that the words leave open; `if_yes` is the level that a yes means."""

    id: str
    text: str
    if_yes: FlagLevel
    reason: str


@dataclass(frozen=True)
class Triage:
    """The outcome: `level` is that of the gravest flag; `questions` are still open, the gravest first.

    `settled` are the ids of flags that the words speak of and rule out: denied, another's, long past.
    """

    level: Level
    flags: tuple[Flag, ...] = ()
    questions: tuple[Question, ...] = ()
    settled: frozenset[str] = frozenset()

    @property
    def worst_case(self) -> Level:
        """The level if every open question were answered with yes."""
        levels: list[Level] = [self.level, *(question.if_yes for question in self.questions)]
        return min(levels, key=lambda level: _ORDER[level])


@dataclass(frozen=True)
class Background:
    """What is known of a person besides their words; it completes findings and makes none of its own."""

    age: int | None = None
    conditions: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Place:
    """Where a concept is said: in which sentence, from where to where, and how it is meant."""

    sentence: int
    start: int
    end: int
    status: Status


def triage(
    text: str,
    *,
    answers: Mapping[str, Answer] | None = None,
    regions: Collection[str] = (),
    background: Background | None = None,
    today: date | None = None,
    rules: Collection[str] | None = None,
) -> Triage:
    """Find red flags in `text`, in `answers` to earlier questions (by flag id; unsure counts as yes) and in a drawing.

    `regions` are the shapes that `tools.pain.drawing` found (`PainDrawing.shapes`), which lead to questions only.
    `rules` narrows the search to some flags. Never raises for any text.
    """
    search = _Search(text, background or Background(), today, _RULES)
    given = answers or {}
    flags: list[Flag] = []
    questions: list[Question] = []
    settled: set[str] = set()
    for rule in search.base.rules:
        if rules is not None and rule.id not in rules:
            continue
        flag, question = search.outcome(rule)
        if flag is None and given.get(rule.id) in ("yes", "unsure"):
            flag = Flag(rule.id, rule.level, rule.label, f"answered {given[rule.id]}: {rule.question}", rule.source)
        if flag is not None:
            flags.append(flag)
        elif rule.id not in given and (question is not None or rule.drawn & set(regions)):
            questions.append(question or Question(rule.id, rule.question, rule.level, "the drawing"))
        elif rule.id in given or search.rules_out(rule):
            settled.add(rule.id)
    flags.sort(key=lambda flag: _ORDER[flag.level])
    questions.sort(key=lambda question: _ORDER[question.if_yes])
    return Triage(flags[0].level if flags else "routine", tuple(flags), tuple(questions), frozenset(settled))


def question_of(flag_id: str, reason: str) -> Question:
    """The question that settles a flag. Raises KeyError for an unknown one."""
    rule = {rule.id: rule for rule in _RULES.rules}[flag_id]
    return Question(rule.id, rule.question, rule.level, reason)


def triage_crisis(text: str, *, answers: Mapping[str, Answer] | None = None, today: date | None = None) -> Triage:
    """What no assistant may pass over, whatever it is about: thoughts of self-harm."""
    return triage(text, answers=answers, today=today, rules=("self_harm",))


class _Search:
    """One text being searched; every concept is looked for once."""

    def __init__(self, text: str, background: Background, today: date | None, base: RuleBase) -> None:
        self.base = base
        self.year = today.year if today is not None else None
        self.reading: Reading = read(text, base.masks)
        self.starts = [sentence.start for sentence in self.reading.sentences]
        self.background = background
        self.known = " ; ".join(background.conditions).lower()
        self.places: dict[tuple[str, bool], list[_Place]] = {}

    def outcome(self, rule: RedFlagRule) -> tuple[Flag | None, Question | None]:
        """The rule's flag, or the question that it leaves open, or neither."""
        if rule.unless is not None and rule.unless.search(self.reading.plain):
            return None, None
        place, status = self._best(rule.variants, rule)
        if status is Status.PRESENT or (status is Status.PAST and rule.past_counts):
            quote = self.reading.quote(place.start) if place is not None else ""
            return Flag(rule.id, rule.level, rule.label, quote, rule.source), None
        if status is Status.HYPOTHETICAL:
            return None, Question(rule.id, rule.question, rule.level, "you mentioned it as a possibility")
        if status is Status.OTHER_PERSON and rule.level == "emergency":
            text = f"You mention {rule.label} of somebody else: is that happening to them now?"
            return None, Question(rule.id, text, rule.level, "it may be happening to somebody else")
        _, weaker = self._best(rule.asks, rule)
        if weaker in (Status.PRESENT, Status.HYPOTHETICAL):
            return None, Question(rule.id, rule.question, rule.level, "what you said leaves it open")
        return None, None

    def rules_out(self, rule: RedFlagRule) -> bool:
        """Whether the words speak of a flag and say that it is not there."""
        if rule.unless is not None and rule.unless.search(self.reading.plain):
            return True
        status = self._best((*rule.variants, *rule.asks), rule)[1]
        return status in (Status.DENIED, Status.PAST, Status.OTHER_PERSON_PAST, Status.OTHER_PERSON)

    def _best(self, variants: Iterable[Variant], rule: RedFlagRule) -> tuple[_Place | None, Status | None]:
        """The most certain reading of any variant, and the place of its first concept."""
        best: tuple[_Place | None, Status | None] = (None, None)
        for variant in variants:
            found = self._variant(variant, rule)
            if found is not None and (best[1] is None or found[1] > best[1]):
                best = found
        return best

    def _variant(self, variant: Variant, rule: RedFlagRule) -> tuple[_Place, Status] | None:
        near = [part.concept for part in variant if not part.anywhere]
        if not all(self._anywhere(part.concept) for part in variant if part.anywhere):
            return None
        by_sentence: dict[int, list[list[_Place]]] = {}
        for index, name in enumerate(near):
            for place in self._found(name, feared=rule.feared):
                by_sentence.setdefault(place.sentence, [[] for _ in near])[index].append(place)
        best: tuple[_Place, Status] | None = None
        for columns in by_sentence.values():
            for combination in product(*(column[:_MOST_PLACES] for column in columns)):
                if not _are_near(combination):
                    continue
                status = min(place.status for place in combination)
                if best is None or status > best[1]:
                    best = (combination[0], status)
        return best

    def _anywhere(self, name: str) -> bool:
        pattern = self.base.concepts.get(name)
        if pattern is not None and self.known and pattern.search(self.known):
            return True
        return any(place.status is not Status.DENIED for place in self._found(name, feared=False))

    def _found(self, name: str, *, feared: bool) -> list[_Place]:
        key = (name, feared)
        if key not in self.places:
            spans = self._ages(self.base.ages[name]) if name in self.base.ages else self._spans(name)
            self.places[key] = [place for start, end in spans if (place := self._place(start, end, feared)) is not None]
        return self.places[key]

    def _spans(self, name: str) -> list[tuple[int, int]]:
        return [found.span() for found in self.base.concepts[name].finditer(self.reading.plain)]

    def _ages(self, limit: int) -> list[tuple[int, int]]:
        """Where an age over `limit` is said, or one under it where `limit` is negative."""
        spans = []
        for found in _AGES.finditer(self.reading.plain):
            age = _age(found)
            if found["at"] and age < _ADULT:
                continue  # "at 10" is a time of day
            if _beyond(age, limit):
                spans.append(found.span())
        if self.background.age is not None and _beyond(self.background.age, limit) and self.starts:
            spans.append((self.starts[0], self.starts[0]))
        return spans

    def _place(self, start: int, end: int, feared: bool) -> _Place | None:
        index = bisect_right(self.starts, start) - 1
        if index < 0:
            return None
        status = status_of(
            self.reading,
            self.reading.sentences[index],
            start,
            end,
            persons=self.base.persons,
            year=self.year,
            feared=feared,
        )
        return _Place(index, start, end, status) if status is not None else None


def _age(found: re.Match[str]) -> int:
    if found["tens"]:
        return _TENS[found["tens"]] + _ONES.index(found["ones"] or "")
    if found["teen"]:
        return 10 + _TEENS.index(found["teen"])
    return int(found["age"] or found["old"] or found["yo"])


def _beyond(age: int, limit: int) -> bool:
    return age <= 120 and (age > limit if limit >= 0 else age < -limit)


def _are_near(places: Sequence[_Place]) -> bool:
    ordered = sorted(places, key=lambda place: place.start)
    return all(later.start - earlier.end <= _NEAR for earlier, later in pairwise(ordered))
