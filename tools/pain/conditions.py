"""What a person tells of their health, as the conditions that rule exercises out.

Source: our own cautious reading of common precautions for exercise; no advice on treatment. What is not known here rules
nothing out, and is named so that people ask somebody who knows them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from tools.pain.exercises import EXERCISES

_UNLIKED = r"hate|dislike|(?:do not|don.t|never) (?:like|enjoy|love|want)|can.t stand"
_CONDITIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"osteoporo|osteopenia|brittle bone|thin bone|low bone density", ("osteoporosis",)),
    (r"pregnan|expecting", ("late_pregnancy",)),
    (r"balance|unsteady|falls?\b|walking frame|parkinson", ("balance",)),
    (r"dizz|vertigo|faint", ("dizziness", "balance")),
    (r"heart|cardiac|angina|high blood pressure|hypertension|aneurysm", ("heart",)),
    (r"hernia", ("hernia",)),
    (r"(?:hip replace|new hip|artificial hip|hip prosthes)", ("hip_replacement",)),
    (
        r"(?:knee (?:surgery|operation|replace)|new knee|artificial knee|acl|meniscus (?:repair|surgery))",
        ("knee_surgery",),
    ),
    (r"shoulder (?:surgery|operation|replace|dislocat)|rotator cuff (?:repair|surgery)", ("shoulder_surgery",)),
    (r"(?:hand|wrist|carpal|thumb) (?:tunnel )?(?:surgery|operation)", ("hand_surgery", "wrist_problem")),
    (r"wrist", ("wrist_problem",)),
    (r"(?:foot|ankle|achilles|toe) (?:surgery|operation|repair)", ("foot_surgery",)),
    (r"recent (?:surgery|operation)|just operated|post-?op", ("recent_surgery",)),
    (r"non[- ]?weight[- ]?bearing|crutch|not (?:allowed to )?(?:put|bear) weight", ("non_weight_bearing",)),
    (r"wound|stitches", ("open_wound",)),
    (r"(?:can't|cannot|no|not|hard to) (?:\w+ ){0,3}?(?:floor|lie down|get down)", ("no_floor", "no_kneeling")),
    (r"(?:can't|cannot|no|not|hard to) (?:\w+ )?kneel", ("no_kneeling",)),
    (r"wheelchair|(?:can't|cannot|no|not) (?:\w+ )?walk", ("no_walking", "non_weight_bearing")),
    (rf"(?:{_UNLIKED}) (?:\w+ )?walk", ("no_walking",)),
    (rf"(?:can't|cannot|no|not|afraid of|{_UNLIKED}) (?:\w+ )?(?:swim|water|pool)", ("no_swimming",)),
    (rf"(?:can't|cannot|no|not|{_UNLIKED}) (?:\w+ )?(?:cycl|bik)|no bike", ("no_cycling",)),
)


def known_conditions(told: Iterable[str]) -> dict[str, str]:
    """Each condition (as in `Exercise.avoid`) with the words that name it."""
    found: dict[str, str] = {}
    for words in told:
        text = words.lower().strip()
        for pattern, conditions in _CONDITIONS:
            if re.search(pattern, text):
                for condition in conditions:
                    found.setdefault(condition, words.strip())
    return found


def unknown_conditions(told: Iterable[str]) -> list[str]:
    """The words that name no condition known here."""
    return [words.strip() for words in told if words.strip() and not known_conditions([words])]


def excluded_exercises(told: Iterable[str]) -> dict[str, str]:
    """The exercises to leave out, by id, each with the words that say why."""
    known = known_conditions(told)
    return {
        one.id: next(known[condition] for condition in sorted(one.avoid) if condition in known)
        for one in EXERCISES.values()
        if one.avoid & known.keys()
    }
