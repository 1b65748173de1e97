"""Readers of the care vocabulary's own slots: ratings in a row, yes and no in a row, what was noted beside the pain."""

from __future__ import annotations

import re
from collections.abc import Mapping

from agent.demo.slots import Parser, Reading, Said
from agent.demo.slots_reminders import REMINDER_PARSERS
from tools.pain.exercises import EXERCISES, PRACTICES

_YES = frozenset({"1", "y", "yes", "agree", "a"})
_TAKEN = re.compile(r"\b(?:no|without|didn't|did not|none)\b", re.IGNORECASE)


def _names() -> set[str]:
    """What exercises and practices are called, as people shorten it."""
    titles = [*(one.title for one in EXERCISES.values()), *(one.title for one in PRACTICES.values())]
    ids = [one.replace("-", "[ -]") for one in (*EXERCISES, *PRACTICES)]
    short = {"walk", "swim", "stretch(?:ing)?", "heel raise", "bird dog", "back bend", "leg lift", "wall push-up"}
    return {*(title.lower().rstrip("s") for title in titles), *(one.rstrip("s") for one in ids), *short}


def _ratings(said: Said, reading: Reading) -> dict[str, float] | None:
    numbers = [float(one) for one in re.findall(r"\d+(?:\.\d+)?", next(iter(said.values()), ""))]
    if len(numbers) != 3:
        return None
    return {"pain": numbers[0], "enjoyment": numbers[1], "activity": numbers[2]}


def _answers(said: Said, reading: Reading) -> list[int] | None:
    text = next(iter(said.values()), "").lower()
    words = re.findall(r"disagree|agree|yes|no|[01yn]", text)
    return [int(word in _YES) for word in words] or None


def _beside(said: Said, reading: Reading) -> list[str] | None:
    text = next(iter(said.values()), "")
    parts = re.split(r"\s*(?:,|;|\band\b|&)\s*", text)
    return [part.strip().lower() for part in parts if part.strip()][:10] or None


def _taken(said: Said, reading: Reading) -> bool:
    return not _TAKEN.search(next(iter(said.values()), ""))


def _integer(said: Said, reading: Reading) -> int | None:
    text = next(iter(said.values()), "")
    return int(text) if re.fullmatch(r"\d{1,3}", text) else None


_RATING_WORDS = "zero|one|two|three|four|five|six|seven|eight|nine|ten"
SLOTS: Mapping[str, str] = {
    "rating": rf"(?:\d{{1,3}}|{_RATING_WORDS})",
    "region": (
        r"(?:(?:lower|upper|mid(?:dle)?) back|low back|lumbar spine|back|sciatica|neck|shoulders?|shoulder blades?|elbows?|wrists?"
        r"|hands?|fingers?|hips?|buttocks?|knees?|ankles?|foot|feet|heels?|achilles|all over|everywhere|widespread(?: pain)?)"
    ),
    "exercise": rf"(?:{'|'.join(sorted(_names(), key=len, reverse=True))})s?",
}
"""Regular expressions for the vocabulary's own slots: a rating, a region of the body, an exercise or practice."""

PARSERS: Mapping[str, Parser] = {
    **REMINDER_PARSERS,
    "ratings": _ratings,
    "answers": _answers,
    "beside": _beside,
    "taken": _taken,
    "integer": _integer,
}
