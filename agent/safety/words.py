"""Text as safety rules read it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_QUOTES = str.maketrans(
    {"\u2018": "'", "\u2019": "'", "\u02bc": "'", "\u00b4": "'", "`": "'", "\u201c": '"', "\u201d": '"'}
)
_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u2060\ufeff]")


def plain(text: str) -> str:
    """Lower case, plain quotes and spaces, no invisible characters: what is written to slip past a rule doesn't."""
    text = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text)).translate(_QUOTES).lower()
    return re.sub(r"[^\S\n]+", " ", text).strip()


def sentences(text: str) -> list[str]:
    """A text in sentences, split at "but" as well: what follows it stands for itself."""
    return [part.strip() for part in re.split(r"[.!?;\n]+|,? \bbut\b", text) if part.strip()]


def any_of(patterns: Iterable[str]) -> re.Pattern[str]:
    """One pattern that finds the first of several."""
    return re.compile("|".join(f"(?:{one})" for one in patterns))
