"""The vocabulary of one domain, as data: what its items are called, what a new plan needs, what its tools answer."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.demo import patterns

_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class ItemType:
    """A sort of item people name: `words` say it; `match` recognises it in an outline; `data` makes a new one."""

    words: tuple[str, ...]
    kind: str
    title: str
    data: Mapping[str, Any]
    match: Mapping[str, tuple[str, ...]]
    measure: str | None
    usual: float | None


@dataclass(frozen=True)
class Slot:
    """One parameter of a request: `patterns` find it anywhere in the text, `parser` reads it."""

    name: str
    parser: str
    patterns: tuple[re.Pattern[str], ...]


@dataclass(frozen=True)
class Lookup:
    """A question that a tool answers: when a cue matches, the slots become the tool's arguments.

    A slot that reads several values at once (a race's distance and time) is spread over the arguments it names.
    """

    tool: str
    cues: tuple[re.Pattern[str], ...]
    slots: tuple[Slot, ...]
    required: tuple[str, ...]
    spread: Mapping[str, Mapping[str, str]]
    ask: str

    def arguments(self, slots: Mapping[str, Any]) -> dict[str, Any]:
        """The tool's arguments from the slots that were said."""
        found = {name: value for name, value in slots.items() if name not in self.spread}
        for name, parts in self.spread.items():
            if name in slots:
                found |= {argument: slots[name][part] for argument, part in parts.items()}
        return found


@dataclass(frozen=True)
class Phrases:
    """One domain's vocabulary for the demo model; made by `load_phrases`."""

    domain: str
    assistant: str
    greeting: str
    types: tuple[ItemType, ...]
    measures: Mapping[str, str]
    build_cues: tuple[re.Pattern[str], ...]
    build_slots: tuple[Slot, ...]
    build_unless: tuple[re.Pattern[str], ...]
    build_ask: Mapping[str, str]
    lookups: tuple[Lookup, ...]
    retype_clears: tuple[str, ...]
    examples: tuple[str, ...]


def load_phrases(domain: str) -> Phrases:
    """Read `agent/demo/<domain>.toml`. Call it at import time: it reads a file."""
    told = tomllib.loads((_FOLDER / f"{domain}.toml").read_text(encoding="utf-8"))
    build = told["build"]
    return Phrases(
        domain=domain,
        assistant=told["assistant"],
        greeting=told["greeting"],
        types=tuple(_item_type(entry) for entry in told["type"]),
        measures=told["measures"],
        build_cues=_compiled(build["cues"]),
        build_slots=tuple(_slot(entry) for entry in build["slot"]),
        build_unless=_compiled(build["unless"]),
        build_ask=build["ask"],
        lookups=tuple(
            Lookup(
                tool=entry["tool"],
                cues=_compiled(entry["cues"]),
                slots=tuple(_slot(slot) for slot in entry["slot"]),
                required=tuple(entry["required"]),
                spread=entry.get("spread", {}),
                ask=entry.get("ask", ""),
            )
            for entry in told.get("lookup", [])
        ),
        retype_clears=tuple(told.get("retype", {}).get("clears", ())),
        examples=tuple(told["examples"]),
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
    )


def _slot(entry: Mapping[str, Any]) -> Slot:
    return Slot(entry["name"], entry["parser"], _compiled(entry["patterns"]))


def _compiled(texts: list[str]) -> tuple[re.Pattern[str], ...]:
    return tuple(patterns.compile_pattern(text) for text in texts)
