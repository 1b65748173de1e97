"""What a safety rule sees and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal

Level = Literal["advice", "urgent", "emergency"]
_GRAVITY: Mapping[Level, int] = {"advice": 0, "urgent": 1, "emergency": 2}


@dataclass(frozen=True)
class SafetyFinding:
    """A red flag, or the suspicion of one.

    `advice` is said before the answer and the turn goes on; `urgent` and `emergency` end it with a fixed text. With a
    `question` the rule isn't sure: the question is asked in place of an answer, and the next turn's words decide.
    `holds` keeps plan edits blocked in later turns, until somebody qualified has looked at it. `text` are the words to
    say; without them the fixed text of `code`, else that of the level. `reasons` quote what the rule matched and
    `source` says who the rule rests on.
    """

    code: str
    level: Level
    reasons: tuple[str, ...]
    source: str
    question: str | None = None
    text: str | None = None
    holds: bool = False

    def to_json(self) -> dict[str, Any]:
        """As the state keeps it."""
        return asdict(self) | {"reasons": list(self.reasons)}

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> SafetyFinding:
        """From `to_json`."""
        return cls(**{**told, "reasons": tuple(told["reasons"])})


@dataclass(frozen=True)
class SafetyInput:
    """What a rule decides on: the person's words, and what is known about them; never what a model said.

    `earlier` are their words of the turns before, oldest first. `facts` are the domain's (drawn regions, diary values).
    `asked` is the finding whose question was asked in the turn before, `active` one that holds since an earlier turn.
    """

    text: str
    now: datetime
    locale: str = "en-GB"
    earlier: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    asked: SafetyFinding | None = None
    active: SafetyFinding | None = None


Gate = Callable[[SafetyInput], SafetyFinding | None]
"""A domain's rules: pure and deterministic. The gravest finding, or None."""


def gravest(*findings: SafetyFinding | None) -> SafetyFinding | None:
    """The finding to act on: the graver level first, of one level the one that is sure."""
    found = [finding for finding in findings if finding is not None]
    return max(found, key=lambda one: (_GRAVITY[one.level], one.question is None), default=None)
