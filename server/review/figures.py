"""How durations, instants and tokens are written in a review."""

import json
from datetime import datetime
from typing import Any

from server.review.model import Usage

_MS = 1e-3
_MINUTE = 60


def duration(seconds: float | None) -> str:
    """`0.4 ms`, `12 ms`, `1.19 s`, `2 min 5 s`, or `unknown`."""
    if seconds is None:
        return "unknown"
    if seconds < 0:
        return f"-{duration(-seconds)}"
    if seconds < 10 * _MS:
        return f"{seconds / _MS:.1f} ms"
    if seconds < 1:
        return f"{seconds / _MS:.0f} ms"
    if seconds < _MINUTE:
        return f"{seconds:.2f} s"
    minutes, rest = divmod(round(seconds), _MINUTE)
    return f"{minutes} min {rest} s"


def instant(at: datetime | None) -> str:
    """The moment in its own zone, to the second."""
    return "unknown" if at is None else at.strftime("%Y-%m-%d %H:%M:%S %Z").strip()


def tokens(usage: Usage | None) -> str:
    """`412 → 96 tokens`, with what of it was cached or reasoning."""
    if usage is None:
        return "tokens not counted"
    more = [f"{usage.cached:,} cached"] * bool(usage.cached) + [f"{usage.reasoning:,} reasoning"] * bool(
        usage.reasoning
    )
    return f"{usage.input:,} → {usage.output:,} tokens" + (f" ({', '.join(more)})" if more else "")


def counted(number: int, noun: str) -> str:
    """`1 tool call`, `3 tool calls`."""
    if number == 1:
        return f"1 {noun}"
    return f"{number:,} {noun[:-1]}ies" if noun.endswith("y") else f"{number:,} {noun}s"


def compact(value: Any) -> str:
    """A value on one line: text as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def spread(value: Any) -> str:
    """A value for reading: text as it is, JSON (also as text) indented."""
    if isinstance(value, str):
        try:
            value = json.loads(value) if value[:1] in ("{", "[") else value
        except json.JSONDecodeError:
            return str(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)
