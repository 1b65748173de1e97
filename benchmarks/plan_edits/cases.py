"""Requests with the exact plan that they must lead to: what a corpus is, and how its hand-written cases are read."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from agent.domain import Domain
from agent.plan.document import PlanDocument

Record = dict[str, Any]
SEED = 7


@dataclass(frozen=True)
class Case:
    """What is said of a plan, and the plan that it asks for."""

    said: str
    expected: PlanDocument
    made: bool


@dataclass(frozen=True)
class Corpus:
    """The requests of one domain, all about one plan.

    `requests` is the file of those written by hand; beside it, "_unseen" in its name, are those that the demo model's grammar
    was not made with in view. `mutate` changes the items' JSON that it is given at random and says in words what it did.
    `now` is the moment at which everything is said.
    """

    domain: Domain
    now: datetime
    base: PlanDocument
    requests: Path
    mutate: Callable[[Record, random.Random], str]

    def hand_written(self) -> Iterator[Case]:
        """The cases of the file: a line each, `what is said => change; change`.

        A change is `item.field=value` (JSON where it is any, else text; dots in a field go inwards; nothing: the field
        goes), `meta.field=value`, or `-item` for one that goes.
        """
        return self._read(self.requests)

    def unseen(self) -> Iterator[Case]:
        """The cases in words that nothing was made for."""
        return self._read(self.requests.with_stem(f"{self.requests.stem}_unseen"))

    def _read(self, file: Path) -> Iterator[Case]:
        for line in file.read_text(encoding="utf-8").splitlines():
            if line and not line.startswith("#"):
                said, _, changes = line.partition(" => ")
                record = self.base.to_json()
                for change in changes.split("; "):
                    _write(record, change)
                yield Case(said, PlanDocument.from_json(record), made=False)

    def mutations(self, count: int) -> Iterator[Case]:
        """`count` random changes, told in words; the same ones each time."""
        # not for secrets: the same seed makes the same cases
        chance = random.Random(SEED)
        for _ in range(count):
            record = self.base.to_json()
            said = self.mutate(record["items"], chance)
            yield Case(said, PlanDocument.from_json(record), made=True)


def _write(record: Record, change: str) -> None:
    if change.startswith("-"):
        del record["items"][change[1:]]
        return
    place, _, value = change.partition("=")
    item_id, *path = place.split(".")
    holder = record["meta"] if item_id == "meta" else record["items"][item_id]
    if item_id != "meta" and path[0] not in ("title", "parent"):
        holder = holder["data"]
    for key in path[:-1]:
        holder = holder[key]
    if value:
        holder[path[-1]] = _value(value)
    else:
        del holder[path[-1]]


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text
