"""The rule that every assistant has: words about harming oneself get help, whatever the assistant is for."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from agent.safety.answers import yes_or_no
from agent.safety.finding import SafetyFinding, SafetyInput
from agent.safety.words import any_of, plain, sentences

CODE = "self_harm"
CODE_OTHER = "self_harm_other"
SOURCE = "WHO, Preventing suicide: mhGAP guidance: ask directly, take it seriously, link to help at once"
QUESTION = "self_harm"
"""The name of the question in the fixed texts."""

_TOLD = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
_CERTAIN = tuple(re.compile(one) for one in _TOLD["certain"])
_WITHOUT_HOPE = tuple(re.compile(one) for one in _TOLD["without_hope"])
_NO = re.compile(r"\b(?:not|no|never)\b|n't\b")
_OTHER = any_of(_TOLD["other"])
_NEGATED, _PAST = re.compile(_TOLD["negated"]), re.compile(_TOLD["past"])
_IDIOM_BEFORE, _IDIOM_AFTER = re.compile(_TOLD["idiom_before"]), any_of(_TOLD["idiom_after"])


def self_harm(seen: SafetyInput) -> SafetyFinding | None:
    """What the person's words say about harming themselves or another's harming themselves; None if nothing.

    A no, the past or a figure of speech make it a question rather than nothing: asking does no harm, and missing it may.
    """
    if seen.asked is not None and seen.asked.code == CODE:
        answer = yes_or_no(seen.text)
        if answer is not None:
            return _finding(CODE, (f"answered: {seen.text.strip()[:80]}",)) if answer else None
        found = _found(seen.text)
        # The question was passed over: where help is to be had is said once, and the conversation goes on.
        return found or SafetyFinding(CODE, "advice", ("the question was not answered",), SOURCE)
    return _found(seen.text)


def _found(text: str) -> SafetyFinding | None:
    doubtful: str | None = None
    for sentence in sentences(plain(text)):
        for pattern in (*_CERTAIN, *_WITHOUT_HOPE):
            match = pattern.search(sentence)
            if match is None:
                continue
            if not _doubtful(sentence, match, own_no=pattern in _WITHOUT_HOPE):
                return _finding(CODE, (match[0],))
            doubtful = doubtful or match[0]
        other = _OTHER.search(sentence)
        if other is not None:
            return _finding(CODE_OTHER, (other[0],))
    return _finding(CODE, (doubtful,), question=QUESTION) if doubtful else None


def _doubtful(sentence: str, match: re.Match[str], *, own_no: bool) -> bool:
    before, after = sentence[: match.start()], sentence[match.end() :]
    negated = not own_no and (_NEGATED.search(before) or _NO.search(match[0]))
    return bool(negated or _IDIOM_AFTER.match(after) or _IDIOM_BEFORE.search(before) or _PAST.search(sentence))


def _finding(code: str, reasons: tuple[str, ...], question: str | None = None) -> SafetyFinding:
    return SafetyFinding(code, "emergency", reasons, SOURCE, question=question)
