"""Which item of the plan is meant: "Tuesday's tempo in week 3", "the long run", "w3-long", "all easy runs"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from agent.demo.calendar_words import DAY, calendar_date, monday_of, spoken, weekday
from agent.demo.patterns import WEEKS
from agent.demo.perceive import PlanView, Row
from agent.demo.phrases import ItemType, Phrases
from agent.demo.quantities import number, ordinal

MAX_CHOICES = 9


class CannotResolve(Exception):
    """The words name no item, or more than one; the message is what to say to the person."""


@dataclass(frozen=True)
class Focus:
    """What the conversation is about at this point: a week and the item named last."""

    week: Row | None = None
    item: Row | None = None


@dataclass
class Picks:
    """The numbers a person picked from earlier questions, used up in the order in which the questions come."""

    numbers: list[int]

    def take(self, choices: Sequence[Row]) -> Row | None:
        if not self.numbers:
            return None
        picked = self.numbers.pop(0)
        return choices[picked - 1] if 1 <= picked <= len(choices) else None


@dataclass(frozen=True)
class Wanted:
    """A reference taken apart."""

    weeks: tuple[Row, ...]
    day: date | None
    weekday: int | None
    types: tuple[ItemType, ...]
    position: int | None
    every: bool
    tokens: tuple[str, ...]


_STOP = frozenset(
    re.findall(
        r"\S+",
        "the a an my our this that these those of in on for at to run runs session sessions workout workouts training "
        "one ones plan week's day's day distance length it's there from planned s",
    )
)
_EVERY = re.compile(r"^(?:(?:all|every|each|both)\b(?: (?:of )?(?:the|my))?|everything\b)", re.IGNORECASE)
_PRONOUN = re.compile(
    r"(?:it|that|this|that one|this one|the same(?: one| run)?|that (?:run|session|step|visit|walk|exercise))(?: again)?",
    re.IGNORECASE,
)


def find_week(text: str, plan: PlanView, today: date) -> Row | None:
    """The week that a phrase such as 'week 3', 'the last week' or 'next week' names; None when there is no such."""
    text = text.lower().strip().removeprefix("the ").replace("wk", "week")
    weeks, word = plan.weeks, plan.group.word
    if text in (f"last {word}", f"final {word}", "race week"):
        return weeks[-1] if weeks else None
    if text in (f"this {word}", f"current {word}", f"next {word}"):
        now = monday_of(today) if plan.group.days == 7 else today
        coming = [week for week in weeks if (start := plan.start(week)) and start >= now]
        index = 1 if text.startswith("next") and coming and plan.start(coming[0]) == now else 0
        return coming[index] if index < len(coming) else None
    found = re.search(rf"\b{word}s? ?(?:number )?(\w+)|^{word[0]}(\d+)|(\w+) {word}\b", text)
    if not found:
        return None
    said = found[1] or found[2] or found[3]
    position = 1 if said == "opening" else ordinal(said) or int(number(said) or 0)
    return plan.week(position)


def is_pronoun(text: str) -> bool:
    """Whether words stand for what was named last."""
    return _PRONOUN.fullmatch(text.strip()) is not None


def resolve(text: str, plan: PlanView, phrases: Phrases, today: date, *, focus: Focus, picks: Picks) -> list[Row]:
    """The items meant, several only when the words say so ("all easy runs"); raises CannotResolve otherwise."""
    text = text.strip().strip("\"'")
    if is_pronoun(text):
        if focus.item is None:
            raise CannotResolve(f"I don't know which one “{text}” is. Name it by its title and {plan.group.word}.")
        return [focus.item]
    words = text.lower().split()
    exact = [row for row in plan.rows if row.id in words]
    if len(exact) == 1:
        return exact
    wanted = take_apart(text, plan, phrases, today)
    found = _matching(wanted, plan)
    if not found and wanted.weeks and not _names_a_session(wanted):
        return list(wanted.weeks)
    if not found:
        raise CannotResolve(_not_found(text, wanted, plan, phrases))
    if not wanted.weeks and focus.week is not None:
        found = [row for row in found if row.parent == focus.week.id] or found
    if wanted.position is not None:
        found = [found[wanted.position - 1 if wanted.position > 0 else -1]] if len(found) >= wanted.position else []
    if wanted.every or len(found) == 1:
        return found
    if len(wanted.weeks) > 1:
        by_week = [[row for row in found if row.parent == week.id] for week in wanted.weeks]
        return [_choose(text, rows, plan, today, picks) if len(rows) > 1 else rows[0] for rows in by_week if rows]
    return [_choose(text, found, plan, today, picks)]


def take_apart(text: str, plan: PlanView, phrases: Phrases, today: date) -> Wanted:
    """The parts of a reference: week, day, types, position and the words that are left."""
    rest = re.sub(r"'s\b", "", text.lower())
    every = bool(_EVERY.match(rest))
    rest = _EVERY.sub("", rest)
    weeks, rest = _take_weeks(rest, plan, today)
    day, day_of_week, rest = _take_day(rest, today)
    types, rest = _take_types(rest, phrases)
    tokens = [token for token in re.findall(r"[\w-]+", rest) if token not in _STOP]
    position = None
    for token in list(tokens):
        place = -1 if token in ("last", "final") else ordinal(token) if not token.isdigit() else None
        if place is not None:
            position = place
            tokens.remove(token)
    if not types and not tokens and not weeks and day is None and day_of_week is None and not every:
        tokens = re.findall(r"\w+", text.lower())
    return Wanted(weeks, day, day_of_week, types, position, every, tuple(tokens))


def type_named(text: str, phrases: Phrases) -> ItemType | None:
    """The item type that a phrase is the name of, such as 'an easy run'."""
    types, rest = _take_types(text.lower(), phrases)
    left = [token for token in re.findall(r"[\w-]+", rest) if token not in _STOP]
    return types[0] if types and not left else None


def is_of(row: Row, item_type: ItemType) -> bool:
    """Whether an item is of a type, by its kind and fields, or by its title where the outline has no such field."""
    if row.kind != item_type.kind:
        return False
    for key, values in item_type.match.items():
        if key in row.words:
            if row.words[key] not in values:
                return False
        elif not any(word in row.title.lower() for word in item_type.words):
            return False
    return True


def label(row: Row, plan: PlanView) -> str:
    """'Tempo on Tue 21 Apr (week 3)'."""
    number_ = plan.week_number(row)
    where = f" ({plan.group.word} {number_})" if number_ is not None else ""
    when = f" on {spoken(row.day)}" if row.day else ""
    return f"{row.title}{when}{where}"


def _matching(wanted: Wanted, plan: PlanView) -> list[Row]:
    rows = plan.sessions
    if wanted.weeks:
        ids = {week.id for week in wanted.weeks}
        rows = [row for row in rows if row.parent in ids]
    if wanted.day is not None:
        rows = [row for row in rows if row.day == wanted.day]
    if wanted.weekday is not None:
        rows = [row for row in rows if row.day is not None and row.day.weekday() == wanted.weekday]
    if wanted.types:
        rows = [row for row in rows if any(is_of(row, item_type) for item_type in wanted.types)]
    for token in wanted.tokens:
        rows = [row for row in rows if token in row.title.lower() or token == row.id]
    only_week = bool(wanted.weeks) and not _names_a_session(wanted) and not wanted.every
    return [] if only_week else rows


def _names_a_session(wanted: Wanted) -> bool:
    said = (wanted.day, wanted.weekday, wanted.position)
    return bool(wanted.types or wanted.tokens) or any(part is not None for part in said)


def _choose(text: str, found: list[Row], plan: PlanView, today: date, picks: Picks) -> Row:
    # What happens is meant before what is kept for later, such as the steps of a template beside those of an event.
    found = [row for row in found if row.day is not None] or [row for row in found if plan.is_grouped(row)] or found
    choices = ([row for row in found if row.day is None or row.day >= today] or found)[:MAX_CHOICES]
    if len(choices) == 1:
        return choices[0]
    picked = picks.take(choices)
    if picked is not None:
        return picked
    listed = "\n".join(f"{n}. {label(row, plan)}" for n, row in enumerate(choices, start=1))
    more = len(found) - len(choices)
    tail = (
        f"\n({more} more; name the {plan.group.word} to reach them.)"
        if more > 0 and len(choices) == MAX_CHOICES
        else ""
    )
    raise CannotResolve(f"Which one do you mean by “{text}”?\n{listed}{tail}\n\nSay the number.")


def _not_found(text: str, wanted: Wanted, plan: PlanView, phrases: Phrases) -> str:
    looser = [
        replace(wanted, tokens=()),
        replace(wanted, weekday=None, day=None),
        replace(wanted, types=(), tokens=()),
        replace(wanted, weeks=(), tokens=()),
    ]
    for attempt in looser:
        near = _matching(attempt, plan) if attempt != wanted and _names_a_session(attempt) else []
        if near:
            names = ", ".join(f"{label(row, plan)}" for row in near[:3])
            return f"I find no “{text}” in the plan. Nearest: {names}."
    if wanted.weeks:
        ids = {week.id for week in wanted.weeks}
        inside = [row for row in plan.sessions if row.parent in ids]
        names = ", ".join(label(row, plan) for row in inside)
        return f"I find no “{text}” in the plan. That week has: {names}."
    known = ", ".join(item_type.words[0] for item_type in phrases.types)
    return f"I find no “{text}” in the plan. I know these words: {known}; or say a date or a {plan.group.word}."


def _take_weeks(text: str, plan: PlanView, today: date) -> tuple[tuple[Row, ...], str]:
    found = re.search(WEEKS, text)
    if not found:
        return (), text
    weeks = tuple(_weeks_named(found[0], plan, today))
    return weeks, text[: found.start()] + " " + text[found.end() :]


def _weeks_named(text: str, plan: PlanView, today: date) -> list[Row]:
    """ "weeks 2, 3 and 5" or "weeks 2 to 4", all of which the plan must have; or one week in any words."""
    numbers = [int(one) for one in re.findall(r"\d+", text)]
    if len(numbers) == 2 and re.search(r"\d ?(?:-|to|until|through) ?", text):
        numbers = list(range(numbers[0], numbers[1] + 1))
    said = [f"{plan.group.word} {number_}" for number_ in numbers] if len(numbers) > 1 else [text]
    weeks = [(one, find_week(one, plan, today)) for one in said]
    missing = next((one for one, week in weeks if week is None), None)
    if missing is not None:
        raise CannotResolve(
            f"The plan has no {missing.removeprefix('the ')}; it has {len(plan.weeks)} {plan.group.word}s."
        )
    return [week for _, week in weeks if week is not None]


def _take_day(text: str, today: date) -> tuple[date | None, int | None, str]:
    found = re.search(rf"\b{DAY}\b", text)
    if not found:
        return None, None, text
    rest = text[: found.start()] + " " + text[found.end() :]
    day_of_week = weekday(found[0])
    return (None, day_of_week, rest) if day_of_week is not None else (calendar_date(found[0], today), None, rest)


def _take_types(text: str, phrases: Phrases) -> tuple[tuple[ItemType, ...], str]:
    named = [(word, item_type) for item_type in phrases.types for word in item_type.words]
    for word, item_type in sorted(named, key=lambda pair: -len(pair[0])):
        found = re.search(rf"\b{re.escape(word)}(?:s|es)?\b", text)
        if found:
            same = tuple(other for other in phrases.types if word in other.words)
            return same or (item_type,), text[: found.start()] + " " + text[found.end() :]
    return (), text
