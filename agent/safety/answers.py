"""Reading the answer to a safety rule's question, and the news that somebody qualified has looked at a red flag."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from agent.safety.words import any_of, plain

_TOLD = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
_YES, _NO = any_of(_TOLD["yes"]), any_of(_TOLD["no"])
_CLEARED = any_of([one.replace("{professional}", _TOLD["professional"]) for one in _TOLD["cleared"]])
_NOT_YET = re.compile(_TOLD["not_yet"])
_SENTENCE = re.compile(r"[.?!;\n]")


def yes_or_no(text: str) -> bool | None:
    """Whether an answer means yes; doubt counts as yes. None if it is neither."""
    said = plain(text)
    if _YES.search(said):
        return True
    return False if _NO.search(said) else None


def cleared(text: str) -> bool:
    """Whether the person says that somebody qualified has looked at it and let them go on."""
    for sentence in _SENTENCE.split(plain(text)):
        found = _CLEARED.search(sentence)
        if found is not None and not _NOT_YET.search(sentence[: found.end()].replace("nothing serious", "")):
            return True
    return False
