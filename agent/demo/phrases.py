"""The vocabulary of one domain, as data: what its items are called, what a new plan needs, what its tools answer."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from agent.demo.patterns import Rule, compile_pattern
from agent.demo.slots import PARSERS, Parser, Reading, Said

_FOLDER = Path(__file__).parent
_NONE: Mapping[str, Any] = MappingProxyType({})
CHANGE = "change:"
"""Begins the name of a rule that is one of a domain's own changes."""


class PhrasesError(ValueError):
    """A vocabulary that cannot be used; the message says where it is wrong."""


@dataclass(frozen=True)
class ItemType:
    """A sort of item people name: `words` say it; `match` recognises it in an outline; `data` makes a new one.

    `dated` False: it is added without a day. `titled`: what people call it becomes the title of a new one.
    """

    words: tuple[str, ...]
    kind: str
    title: str
    data: Mapping[str, Any]
    match: Mapping[str, tuple[str, ...]]
    measure: str | None
    usual: float | None
    dated: bool = True
    titled: bool = False


@dataclass(frozen=True)
class Group:
    """What the plan's top-level groups are called, of what kind they are (as called, if not said), and how many days one
    has; 0 days: they have no dates."""

    word: str = "week"
    days: int = 7
    kind: str = "week"


WEEKS = Group()


@dataclass(frozen=True)
class Slot:
    """One parameter of a request: `patterns` find it anywhere in the text, `parse` reads it.

    `usual` is its value when it isn't said. `many` collects all that is said to a list. `keeps` leaves the words in the
    text for the next slot.
    """

    name: str
    parse: Parser
    patterns: tuple[re.Pattern[str], ...]
    usual: Any = None
    many: bool = False
    keeps: bool = False


@dataclass(frozen=True)
class Intent:
    """A request that a tool answers, or fixed words (`say`): when a cue matches, the slots become the tool's arguments.

    A slot that reads several values at once (a race's distance and time) is spread over the arguments it names; `args`
    are given as they stand. What is `required` and missing is asked for, by `asks` for the slot or `ask`; the answer
    completes the request. One that takes its pick `from_list` takes it from what that tool listed last; if that was no
    search for the plan's own, `other_list` is said. `first` intents are looked at before requests to change or build a
    plan. A slot whose name begins with "_" is read (and taken out of the text) but not passed on.
    """

    tool: str
    cues: tuple[re.Pattern[str], ...]
    unless: tuple[re.Pattern[str], ...]
    slots: tuple[Slot, ...]
    required: tuple[str, ...]
    spread: Mapping[str, Mapping[str, str]]
    args: Mapping[str, Any]
    ask: str
    asks: Mapping[str, str]
    say: str
    first: bool
    needs_plan: bool
    from_list: str = ""
    other_list: str = ""

    def hears(self, text: str) -> bool:
        """Whether a request is this one."""
        return any(cue.search(text) for cue in self.cues) and not any(one.search(text) for one in self.unless)

    def question(self, slots: Mapping[str, Any]) -> str | None:
        """What to ask for first; None when all is there. Empty if there is nothing to ask with."""
        missing = next((name for name in self.required if name not in slots), None)
        return None if missing is None else self.asks.get(missing, self.ask)

    def arguments(self, slots: Mapping[str, Any]) -> dict[str, Any]:
        """The tool's arguments from the slots that were said."""
        passed = {name: value for name, value in slots.items() if not name.startswith("_")}
        found = dict(self.args) | {name: value for name, value in passed.items() if name not in self.spread}
        for name, parts in self.spread.items():
            if name in slots:
                found |= {argument: slots[name][part] for argument, part in parts.items()}
        return found


@dataclass(frozen=True)
class Change:
    """A domain's own way of changing an item: "mark X as done". `values` are set; those that begin with "$" are slots.

    `parsers` read the slots of the rule's patterns; a slot without one is taken as it was said.
    """

    rule: Rule
    values: Mapping[str, Any]
    unset: tuple[str, ...]
    parsers: Mapping[str, Parser]


@dataclass(frozen=True)
class Phrases:
    """One domain's vocabulary for the demo model; made by `load_phrases`.

    `picks` are what tools list to choose from, by the tool's name. `replan` are the constraints of the operation `replan`, by
    the slots of the grammar that say them.
    `times` are the fields that say when on a day an item begins (and ends), as HH:MM or ISO date-times.
    """

    domain: str
    assistant: str
    greeting: str
    types: tuple[ItemType, ...]
    measures: Mapping[str, str]
    build_cues: tuple[re.Pattern[str], ...]
    build_slots: tuple[Slot, ...]
    build_unless: tuple[re.Pattern[str], ...]
    build_ask: Mapping[str, str]
    intents: tuple[Intent, ...]
    retype_clears: tuple[str, ...]
    examples: tuple[str, ...]
    group: Group = WEEKS
    times: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    picks: Mapping[str, str] = field(default_factory=dict)
    replan: Mapping[str, str] = field(default_factory=dict)

    @property
    def questions(self) -> frozenset[str]:
        """All that is asked when a request lacks something: an answer to one belongs to that request."""
        asked = {question for intent in self.intents for question in (intent.ask, *intent.asks.values())}
        return frozenset({*self.build_ask.values(), *asked} - {""})

    def change(self, rule: str) -> Change:
        """The change whose rule has this name."""
        return next(change for change in self.changes if change.rule.name == rule)


def load_phrases(domain: str, *, parsers: Mapping[str, Parser] = _NONE, slots: Mapping[str, str] = _NONE) -> Phrases:
    """Read `agent/demo/<domain>.toml`. Call it at import time: it reads a file.

    `parsers` and `slots` (regular expressions) are the domain's own, beside those that all domains share. Raises
    PhrasesError for a name that is neither.
    """
    told = tomllib.loads((_FOLDER / f"{domain}.toml").read_text(encoding="utf-8"))
    return read_phrases(domain, told, parsers=parsers, slots=slots)


def read_phrases(
    domain: str, told: Mapping[str, Any], *, parsers: Mapping[str, Parser] = _NONE, slots: Mapping[str, str] = _NONE
) -> Phrases:
    """A vocabulary from the tables of its TOML, as `load_phrases` says."""
    reader = _Reader(domain, {**PARSERS, **parsers}, slots)
    if "lookup" in told:
        raise PhrasesError(f"{domain}.toml: [[lookup]] is now called [[intent]]")
    build = told.get("build", {})
    group = told.get("group", {})
    return Phrases(
        domain=domain,
        assistant=told["assistant"],
        greeting=told["greeting"],
        types=tuple(_item_type(entry) for entry in told.get("type", [])),
        measures=told.get("measures", {}),
        build_cues=reader.compiled(build.get("cues", [])),
        build_slots=tuple(reader.slot(entry) for entry in build.get("slot", [])),
        build_unless=reader.compiled(build.get("unless", [])),
        build_ask=build.get("ask", {}),
        intents=tuple(reader.intent(entry) for entry in told.get("intent", [])),
        retype_clears=tuple(told.get("retype", {}).get("clears", ())),
        examples=tuple(told["examples"]),
        group=Group(group.get("word", "week"), group.get("days", 7), group.get("kind", group.get("word", "week"))),
        times=tuple(told.get("times", ())),
        picks=told.get("picks", {}),
        replan=told.get("replan", {}),
        changes=tuple(reader.change(index, entry) for index, entry in enumerate(told.get("change", []))),
    )


def _item_type(entry: Mapping[str, Any]) -> ItemType:
    return ItemType(
        words=tuple(entry["words"]),
        kind=entry["kind"],
        title=entry["title"],
        data=entry.get("data", {}),
        match={key: tuple(values) for key, values in entry.get("match", {}).items()},
        measure=entry.get("measure"),
        usual=entry.get("usual"),
        dated=entry.get("dated", True),
        titled=entry.get("titled", False),
    )


@dataclass(frozen=True)
class _Reader:
    """Makes the parts of a vocabulary out of a TOML file's tables."""

    domain: str
    parsers: Mapping[str, Parser]
    kinds: Mapping[str, str]

    def compiled(self, texts: list[str]) -> tuple[re.Pattern[str], ...]:
        try:
            return tuple(compile_pattern(text, self.kinds) for text in texts)
        except KeyError as error:
            raise PhrasesError(f"{self.domain}.toml: there is no slot {error} for a pattern") from error

    def parser(self, name: str) -> Parser:
        if name not in self.parsers:
            known = ", ".join(sorted(self.parsers))
            raise PhrasesError(f"{self.domain}.toml: there is no parser {name!r}; there are {known}, and choices")
        return self.parsers[name]

    def slot(self, entry: Mapping[str, Any]) -> Slot:
        choices = entry.get("choices")
        patterns = entry.get("patterns") or [f"\\b(?P<text>{_any_word(choices)})\\b"]
        return Slot(
            name=entry["name"],
            parse=_choice(choices) if choices else self.parser(entry.get("parser", "text")),
            patterns=self.compiled(patterns),
            usual=entry.get("usual"),
            many=entry.get("many", entry.get("parser") in ("texts", "weekdays", "items")),
            keeps=entry.get("keeps", False),
        )

    def intent(self, entry: Mapping[str, Any]) -> Intent:
        return Intent(
            tool=entry.get("tool", ""),
            cues=self.compiled(entry["cues"]),
            unless=self.compiled(entry.get("unless", [])),
            slots=tuple(self.slot(slot) for slot in entry.get("slot", [])),
            required=tuple(entry.get("required", ())),
            spread=entry.get("spread", {}),
            args=entry.get("args", {}),
            ask=entry.get("ask", ""),
            asks=entry.get("asks", {}),
            say=entry.get("say", ""),
            first=entry.get("first", False),
            needs_plan=entry.get("needs_plan", False),
            from_list=entry.get("from_list", ""),
            other_list=entry.get("other_list", ""),
        )

    def change(self, index: int, entry: Mapping[str, Any]) -> Change:
        return Change(
            rule=Rule(f"{CHANGE}{index}", self.compiled(entry["patterns"])),
            values=entry.get("set", {}),
            unset=tuple(entry.get("unset", ())),
            parsers={name: self.parser(parser) for name, parser in entry.get("parsers", {}).items()},
        )


def _any_word(choices: Mapping[str, list[str]] | None) -> str:
    words = [word for said in (choices or {}).values() for word in said]
    return "|".join(sorted(words, key=len, reverse=True))


def _choice(choices: Mapping[str, list[str]]) -> Parser:
    """The value whose words (regular expressions) were said."""
    read = [(value, re.compile("|".join(words), re.IGNORECASE)) for value, words in choices.items()]

    def parse(said: Said, reading: Reading) -> str | None:
        text = next(iter(said.values()), "").strip()
        return next((value for value, words in read if words.fullmatch(text)), None)

    return parse
