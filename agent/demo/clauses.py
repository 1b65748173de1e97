"""A request taken apart into clauses: "move A to Wednesday and make B 2 km longer" are two changes."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agent.demo.patterns import WEEK, Match, Rule, clean, load_rules, load_words, match

EDIT_RULES = load_rules("edits.toml", "edit")
_VERBS = load_words("edits.toml", "verbs")
_VERB = re.compile(rf"^(?:{'|'.join(_VERBS)})\b", re.IGNORECASE)
_BREAK = re.compile(r"(?:,|;|\.(?=\s))?\s+(?:and then|and also|and|then|plus)\s+|[;,]\s+|\.\s+", re.IGNORECASE)
_REASON = re.compile(
    r"^(?:i'?m|i am|i feel|i have|i've|my|since|because|as)\b[^,;.]{0,60}[,;.] (?:so )?", re.IGNORECASE
)
_IN_WEEK = re.compile(rf"^(?:in|for|during) (?P<week>{WEEK}),? (?P<rest>.+)$", re.IGNORECASE)


def edit_clauses(text: str, own: Sequence[Rule] = ()) -> list[Match]:
    """The changes a request asks for, in its order; empty when it is not wholly a request for changes.

    A clause without a verb takes the verb of the one before ("move A to Monday and B to Friday"). A leading
    "in week 3, …" is kept as slot `week` of the first change. `own` are a domain's rules, which come first.
    """
    rules = (*own, *EDIT_RULES)
    text = clean(text)
    week = None
    leading = _IN_WEEK.match(text)
    if leading:
        week, text = leading["week"], clean(leading["rest"])
    found = _parse(_pieces(text), None, rules)
    if not found:
        # "I'm tired, make this week easier": the reason is not part of the request.
        reason = _REASON.match(text)
        found = _parse(_pieces(clean(text[reason.end() :])), None, rules) if reason else None
    if not found:
        return []
    if week is not None:
        found[0] = Match(found[0].name, {**found[0].slots, "week": week})
    return found


def sounds_like_an_edit(text: str) -> bool:
    """Whether a text begins as a change does, so that the answer can be about changes."""
    return bool(_VERB.match(clean(text)))


def _pieces(text: str) -> list[str]:
    pieces: list[str] = []
    start = 0
    for found in _BREAK.finditer(text):
        pieces += [text[start : found.start()], found[0]]
        start = found.end()
    return [*pieces, text[start:]]


def _parse(pieces: list[str], verb: str | None, rules: Sequence[Rule]) -> list[Match] | None:
    """The longest first clause that parses, followed by what parses after it; None when nothing does.

    `pieces` are texts and the joints between them in turn, so that a clause may keep an "and" of its own.
    """
    if not pieces:
        return []
    for end in range(len(pieces), 0, -2):
        clause = clean("".join(pieces[:end]))
        candidates = [clause] if _VERB.match(clause) or verb is None else [clause, f"{verb} {clause}"]
        for candidate in candidates:
            found = match(rules, candidate)
            if found is None or _swallows(found):
                continue
            said = _VERB.match(candidate)
            rest = _parse(pieces[end + 1 :], said[0] if said else verb, rules)
            if rest is not None:
                return [found, *rest]
    return None


def _swallows(found: Match) -> bool:
    """Whether a slot took in a clause of its own, which a shorter reading would tell apart."""
    return any(
        re.search(rf"(?:\band\b|,|;)\s+(?:then )?(?:{'|'.join(_VERBS)})\b", value, re.IGNORECASE)
        or (name == "item" and re.search(r"\band\b", value) is not None and found.name != "swap")
        for name, value in found.slots.items()
        if name in ("item", "other", "scope", "title", "when", "type")
    )
