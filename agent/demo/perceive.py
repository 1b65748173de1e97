"""What the demo model sees: the messages and the tools bound to it, exactly what a language model would see.

The system message carries fenced JSON blocks (written by `agent.prompts`); the outline of the plan, the day and the
retrieved passages are read back from there and from nowhere else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

from agent.demo.calendar_words import monday_of
from agent.demo.phrases import WEEKS, Group
from agent.demo.turns import Turn, chosen, searched_before, spoken_text, touched_before, turn_at

_FENCE = re.compile(r"```json\n(.*?)\n```", re.DOTALL)


@dataclass(frozen=True)
class Row:
    """One item of the plan's outline; `day` is its calendar day, `numbers` its measures such as km."""

    id: str
    kind: str
    parent: str | None
    title: str
    day: date | None
    numbers: Mapping[str, float]
    words: Mapping[str, str]
    fields: frozenset[str]


@dataclass(frozen=True)
class PlanView:
    """The outline as the demo model knows it."""

    version: int
    title: str
    rows: tuple[Row, ...]
    last_change: str = ""
    changed_meanwhile: str = ""
    group: Group = WEEKS

    @property
    def weeks(self) -> list[Row]:
        """The top-level items that group others (weeks, days, phases), in calendar order; week 1 is the first."""
        return [row for row in self.rows if row.parent is None and row.kind == self.group.kind]

    @property
    def sessions(self) -> list[Row]:
        """What can be moved or changed: everything that isn't a week, in calendar order."""
        weeks = {row.id for row in self.weeks}
        found = [row for row in self.rows if row.id not in weeks]
        return sorted(found, key=lambda row: row.day or date.max)

    def week(self, number: int) -> Row | None:
        return self.weeks[number - 1] if 1 <= number <= len(self.weeks) else None

    def week_number(self, row: Row) -> int | None:
        ids = [week.id for week in self.weeks]
        wanted = row.id if row.id in ids else row.parent
        return ids.index(wanted) + 1 if wanted in ids else None

    def is_grouped(self, row: Row) -> bool:
        """Whether an item is in a group, at whatever depth."""
        by_id = {one.id: one for one in self.rows}
        groups = {week.id for week in self.weeks}
        above = row.parent
        while above is not None and above not in groups:
            above = by_id[above].parent if above in by_id else None
        return above is not None

    def says(self, value: object) -> bool:
        """Whether the outline has a value, as a day or a word of an item; or the plan's title does."""
        own = {str(one).lower() for row in self.rows for one in (*row.words.values(), row.day)}
        return str(value).lower() in own or self.entitled(value)

    def entitled(self, value: object) -> bool:
        """Whether the plan's title says a value."""
        return re.search(rf"\b{re.escape(str(value))}\b", self.title, re.IGNORECASE) is not None

    @property
    def titles(self) -> dict[str, str]:
        """The ids of the items that a title of several words names for certain, by that title."""
        found: dict[str, list[Row]] = {}
        for row in self.sessions:
            found.setdefault(row.title.lower(), []).append(row)
        named = {title: [row for row in rows if self.is_grouped(row)] or rows for title, rows in found.items()}
        return {title: rows[0].id for title, rows in named.items() if len(rows) == 1 and " " in title}

    def start(self, group: Row) -> date | None:
        """The day a group starts on (a week: its Monday), from its own start or its first dated item."""
        if group.words.get("start"):
            return date.fromisoformat(group.words["start"][:10])
        days = [row.day for row in self.rows if row.parent == group.id and row.day is not None]
        day = group.day or min(days, default=None)
        return monday_of(day) if day is not None and self.group.days == 7 else day

    def group_of(self, day: date) -> Row | None:
        """The group that a day belongs to."""
        for group in self.weeks:
            start = self.start(group)
            if start is not None and start <= day < start + timedelta(days=max(self.group.days, 1)):
                return group
        return None

    def day_in(self, group: Row, day_of_week: int | None, here: date | None) -> date | None:
        """A day of a group: the weekday said, else the one that `here` is, else its first."""
        start = self.start(group)
        if start is None or self.group.days != 7:
            return start
        offset = day_of_week if day_of_week is not None else here.weekday() if here is not None else 0
        return start + timedelta(days=offset)


@dataclass(frozen=True)
class Passage:
    """A retrieved passage: its text is data to quote."""

    title: str
    source: str
    text: str


@dataclass(frozen=True)
class Perception:
    """Everything the demo model answers from; `touched` are the ids of the items that the turn before changed.

    `searched` is what each tool that lists things was asked for the last time.
    """

    turn: Turn
    today: date
    plan: PlanView | None
    passages: tuple[Passage, ...]
    facts: tuple[str, ...] | None
    tools: frozenset[str]
    results: tuple[ToolMessage, ...]
    calls_made: int
    turns_before: int = field(default=0)
    now: datetime | None = None
    say_first: str = ""
    touched: frozenset[str] = frozenset()
    parameters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    searched: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def perceive(
    messages: Sequence[BaseMessage],
    tools: frozenset[str],
    questions: frozenset[str],
    group: Group = WEEKS,
    parameters: Mapping[str, Mapping[str, Any]] | None = None,
    stands_alone: Callable[[str], bool] = lambda text: False,
    listed_by: Mapping[str, str] = MappingProxyType({}),
) -> Perception:
    """Read a conversation; `results` answer the assistant's last calls.

    `questions` are what the assistant asks when a request lacks something: an answer to one belongs to that request.
    `parameters` are the JSON Schemas of the tools' arguments. What `stands_alone` is no answer to any question.
    `listed_by` says of which tools the answers are lists to choose from, and of what.
    """
    told = _told(messages)
    last_human = max((i for i, m in enumerate(messages) if isinstance(m, HumanMessage)), default=-1)
    since = messages[last_human + 1 :]
    last_call = max((i for i, m in enumerate(since) if isinstance(m, AIMessage)), default=-1)
    passages = [
        Passage(str(p.get("title", "")), str(p.get("source", "")), str(p.get("text", "")))
        for p in told.get("passages") or []
    ]
    facts = told.get("facts")
    return Perception(
        turn=chosen(turn_at(messages, last_human, questions, stands_alone), messages[: max(last_human, 0)], listed_by),
        today=date.fromisoformat(told["today"]) if told.get("today") else date.min,
        plan=_plan(told.get("plan"), group),
        passages=tuple(passages),
        facts=None if facts is None else tuple(str(fact) for fact in facts),
        tools=tools,
        results=tuple(m for m in since[last_call + 1 :] if isinstance(m, ToolMessage)),
        calls_made=sum(len(m.tool_calls) for m in since if isinstance(m, AIMessage)),
        now=datetime.fromisoformat(told["now"]) if told.get("now") else None,
        say_first=str((told.get("safety") or {}).get("say_first") or ""),
        touched=touched_before(messages[: max(last_human, 0)]),
        turns_before=sum(1 for m in messages[: max(last_human, 0)] if isinstance(m, HumanMessage)),
        parameters=parameters or {},
        searched=searched_before(messages[: max(last_human, 0)], listed_by),
    )


def _told(messages: Sequence[BaseMessage]) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for message in messages:
        if not isinstance(message, SystemMessage):
            continue
        for block in _FENCE.findall(spoken_text(message)):
            value = json.loads(block)
            if isinstance(value, dict):
                told |= value
    return told


def _plan(told: Mapping[str, Any] | None, group: Group) -> PlanView | None:
    if not told:
        return None
    return PlanView(
        version=int(told.get("version", 0)),
        title=str(told.get("title", "")),
        rows=tuple(_row(item) for item in told.get("items", [])),
        last_change=str(told.get("last_change", "")),
        changed_meanwhile=str(told.get("changed_meanwhile") or ""),
        group=group,
    )


def _row(item: Mapping[str, Any]) -> Row:
    own = {"id", "kind", "parent", "title", "date"}
    rest = {key: value for key, value in item.items() if key not in own}
    return Row(
        id=str(item["id"]),
        kind=str(item["kind"]),
        parent=item.get("parent"),
        title=str(item.get("title", "")),
        day=date.fromisoformat(str(item["date"])[:10]) if item.get("date") else None,
        numbers={k: float(v) for k, v in rest.items() if isinstance(v, int | float) and not isinstance(v, bool)},
        words={k: v for k, v in rest.items() if isinstance(v, str)},
        fields=frozenset(rest),
    )
