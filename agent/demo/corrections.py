"""Slips that a sentence puts right itself: "in week 6… sorry, week 5", "on Tuesday, no, Wednesday"."""

from __future__ import annotations

import re

from agent.demo import calendar_words as days
from agent.demo import quantities as q
from agent.demo.patterns import WEEK

_SLIP = r"[\s,;.…-]*\b(?:no|sorry|oops|wait|i mean|i meant|or rather|rather|make that)\b[\s,:;.…-]*"
_SAME = tuple(
    re.compile(rf"\b{one}(?:{_SLIP})+(?:make (?:that|it) |(?:to|on|in|by) )?(?P<right>{one})", re.IGNORECASE)
    for one in (WEEK, days.DAY, q.DISTANCE, q.SPAN, q.SHARE, q.CLOCK_TIME)
)


def corrected(text: str) -> str:
    """The text with what was said last of each slip; what it puts right must be of the same sort."""
    for pattern in _SAME:
        text = pattern.sub(lambda found: found["right"], text)
    return text
