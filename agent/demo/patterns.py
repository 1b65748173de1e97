"""Patterns with slots: `{name}` or `{name:slot}` in a pattern stands for one of the regular expressions below."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from agent.demo import calendar_words as days
from agent.demo import quantities as q

_ORDINAL = (
    r"(?:\d{1,2}(?:st|nd|rd|th)|first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth"
    r"|last|final|opening)"
)
GROUP_WORD = r"(?:week|wk|day|phase|stage|event)"
WEEK = (
    rf"(?:{GROUP_WORD}s? ?(?:number )?(?:\d{{1,2}}|{q.WHOLE})\b|[wd]\d{{1,2}}\b|(?:the )?{_ORDINAL} {GROUP_WORD}\b"
    r"|(?:the )?(?:this|next|last|current|race) week\b)"
)
"""A group of the plan's items, whatever a domain calls it: a week, a day of a journey, a phase."""
WEEKS = (
    rf"(?:{GROUP_WORD}s? ?\d{{1,2}}(?:(?:, ?and |, ?| and | ?& ?| ?- ?| to | until | through )(?:{GROUP_WORD} ?)?\d{{1,2}}\b"
    rf"(?! ?(?:{q.KM_UNIT}|{q.MILE_UNIT}|{q.MINUTE_UNIT}|{q.HOUR_UNIT}|%)\b))*|{WEEK})"
)
"""One group or several: "weeks 2 and 3", "weeks 2 to 4"."""
SLOTS: Mapping[str, str] = {
    "item": r".+?",
    "scope": r".+?",
    # Where nothing else says that words name an item of a plan, the group or the day that they have does.
    "titled": rf"(?=[^:]*(?:{WEEK}|\b{days.WEEKDAY}\b)).+?",
    "rest": r".+",
    "type": r".+?",
    "day": days.DAY,
    "date": rf"(?:{days.CALENDAR_DATE})",
    "anyday": days.ANY_DAY,
    "weekday": days.WEEKDAY,
    "weekdays": rf"{days.WEEKDAY}s?(?:(?:, and |,? and |, ?){days.WEEKDAY}s?)*",
    "clock": q.CLOCK_TIME,
    "money": q.MONEY,
    "minutes": q.SPAN,
    "pace": r"(?:relaxed|relaxing|slower?|easier|leisurely|calm|gentle|moderate|balanced|full|packed|busy)",
    "word": r"[\w'-]+",
    "words": r"[\w' -]+?",
    "place": r"[\w'.\u2019-]+(?: [\w'.\u2019-]+){0,3}?",
    "week": WEEK,
    "when": r"(?:(?:on|for|to|in|this|next|into) .+|tomorrow|today)",
    "kindword": r"(?:(?!(?:in|of|on|week|to|into|instead)\b)[a-z-]+ ?){1,3}?",
    # "the long run in week 3 longer": the 3 belongs to the week.
    "amount": rf"(?<!week )(?<!wk ){q.AMOUNT}",
    "quantity": (
        rf"(?<!week )(?<!wk )(?<!day )(?:{q.DISTANCE}|{q.NUMBER}\s*(?:{q.MINUTE_UNIT}|{q.HOUR_UNIT})\b"
        rf"|{q.NUMBER}\s*{q.COUNT_UNIT}(?!\w)|\d+(?:\.\d+)?)"
    ),
    "share": q.SHARE,
    "number": q.NUMBER,
    "n": q.NUMBER,
    "whole": q.WHOLE,
    "distance": rf"(?:{q.DISTANCE}|\d+(?:\.\d+)?)",
    "race": q.RACE,
    "time": q.DURATION,
    "int": r"\d+",
    "direction": r"(?:earlier|sooner|forward|forwards|back|backwards|later|up)",
    "dayunit": r"(?:days?|weeks?)",
}
# Slots begin with a letter, so a regular expression's own {2} stays what it is.
_SLOT = re.compile(r"\{([a-z]\w*)(?::(\w+))?\}")
_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Rule:
    """A named list of patterns; the first that matches a whole text wins."""

    name: str
    patterns: tuple[re.Pattern[str], ...]


@dataclass(frozen=True)
class Match:
    """What a rule found: its name and the slots that were said."""

    name: str
    slots: Mapping[str, str]

    def get(self, *names: str) -> str | None:
        """The first of the named slots that was said."""
        return next((self.slots[name] for name in names if name in self.slots), None)


def compile_pattern(text: str, more: Mapping[str, str] = MappingProxyType({})) -> re.Pattern[str]:
    """A pattern with slots as a regular expression, case-insensitive; `more` are a domain's own slots."""

    def slot(found: re.Match[str]) -> str:
        name, kind = found[1], found[2] or found[1]
        return f"(?P<{name}>{more.get(kind) or SLOTS[kind]})"

    return re.compile(_SLOT.sub(slot, text), re.IGNORECASE)


def match(rules: Iterable[Rule], text: str) -> Match | None:
    """The first rule with a pattern that matches all of `text`."""
    for rule in rules:
        for pattern in rule.patterns:
            found = pattern.fullmatch(text)
            if found:
                return Match(rule.name, {k: v.strip() for k, v in found.groupdict().items() if v})
    return None


def load_rules(file: str, table: str) -> tuple[Rule, ...]:
    """The rules of a TOML file in this folder; call it at import time."""
    told = tomllib.loads((_FOLDER / file).read_text(encoding="utf-8"))
    return tuple(Rule(entry["name"], tuple(map(compile_pattern, entry["patterns"]))) for entry in told[table])


def load_words(file: str, name: str) -> tuple[str, ...]:
    """A list of words of a TOML file in this folder; call it at import time."""
    return tuple(tomllib.loads((_FOLDER / file).read_text(encoding="utf-8"))[name])


def clean(text: str) -> str:
    """Text as the patterns expect it: plain quotes and spaces, no courtesies, no final stop."""
    text = text.translate(_PLAIN).replace(" & ", " and ")
    text = re.sub(r"\s+", " ", text).strip()
    text = text.rstrip(" .!?;,")
    previous = None
    while previous != text:
        previous = text
        text = _COURTESY.sub("", text).strip()
        text = _AFTERTHOUGHT.sub("", text).rstrip(" .!?;,")
    return text


_PLAIN = str.maketrans({"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u00a0": " "})

_COURTESY = re.compile(
    r"^(?:(?:please|hey|hi|ok(?:ay)?|all right|so|well|now|then|and|but|also|actually|great|thanks|coach|yes|yeah|oh|hm+|um"
    r"|wait|sorry|oops|i mean|rather|instead)[,:;.!\u2026]* (?=\w)"
    r"|no(?:[,:;.!\u2026]+ (?=\w)| (?=(?:wait|sorry|actually|make|move|put)\b))"
    r"|(?:can|could|would|will) you (?:please )?(?:just )?|(?:can|could) we (?:please )?(?:just )?"
    r"|(?:i'?d|i would) (?:like|love|want) (?:you )?to |(?:i (?:want|need) (?:you )?to )"
    r"|let'?s |let us |we should |we could |(?:can|could|may) i (?=see|have a look))",
    re.IGNORECASE,
)
_AFTERTHOUGHT = re.compile(r",? (?:please|thanks|thank you|for me|if possible|too|as well)$", re.IGNORECASE)

WEEK_PATTERN = re.compile(WEEK, re.IGNORECASE)
DAY_PATTERN = re.compile(rf"\b{days.DAY}\b", re.IGNORECASE)
