"""Instants of a run: its attempts, what its graph told on the `custom` stream, a cancel."""

from collections.abc import Iterator
from typing import Any

from server.review.kept import Kept
from server.review.model import Happening

_LISTED = ("retrieval.hits", "plan.diff")  # shown in sections of their own


def happenings(kept: Kept) -> Iterator[Happening]:
    """What happened in a run besides its steps, in order."""
    facts, events = kept.facts, kept.events
    happened = [Happening(at, "attempt", f"attempt {number} began") for at, number in events.attempts if number > 1]
    for one in events.custom:
        kind = one.data.get("type") if isinstance(one.data, dict) else None
        if kind not in _LISTED:
            data = {key: value for key, value in one.data.items() if key != "type"} if kind else one.data
            happened.append(Happening(one.at, str(kind or "custom"), _summary(data), data))
    if facts.cancel_action and facts.status == "interrupted" and facts.ended_at:
        happened.append(Happening(facts.ended_at, "cancelled", f"stopped by a cancel ({facts.cancel_action})"))
    yield from sorted(happened, key=lambda one: one.at)


def _summary(data: Any) -> str:
    """The first words in an event that are there for reading."""
    if isinstance(data, dict):
        for key in ("summary", "message", "text", "title", "reason"):
            value = data.get(key)
            if isinstance(value, str) and value:
                return value
        if isinstance(data.get("issues"), list):
            return (
                "; ".join(str(one.get("message", one)) for one in data["issues"] if isinstance(one, dict))
                or "no issues"
            )
    return ""
