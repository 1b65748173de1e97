"""A request taken apart into clauses: "move A to Wednesday and make B 2 km longer" are two changes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agent.demo.corrections import corrected
from agent.demo.patterns import WEEK_PATTERN, WEEKS, Match, Rule, clean, load_rules, load_words, match

EDIT_RULES = load_rules("edits.toml", "edit")
_VERBS = load_words("edits.toml", "verbs")
_ANY_VERB = "|".join(_VERBS)
_VERB = re.compile(rf"^(?:{_ANY_VERB})\b", re.IGNORECASE)
_BREAK = re.compile(r"(?:,|;|\.(?=\s))?\s+(?:and then|and also|and|then|plus)\s+|[;,]\s+|\.\s+", re.IGNORECASE)
_REASON = re.compile(
    rf"^(?!(?:if|when|whenever|unless|in case|once|suppose|should|{_ANY_VERB})\b)(?!.*\b(?:don'?t|do not|never)\b)"
    r"[^,;.:]{3,80}(?:[,;.:]|\.{3}) (?:so )?",
    re.IGNORECASE,
)
_WEEK_FIRST = re.compile(rf"^(?:in|for|during) (?P<week>{WEEKS}),? (?P<rest>.+)$", re.IGNORECASE)
_WEEK_LAST = re.compile(rf"^(?P<rest>.+?),? (?:in|of|for|during) (?P<week>{WEEKS})$", re.IGNORECASE)
_SAID = ("item", "other", "scope", "title", "when", "type")
"""The slots that take whatever words are there."""
_ITEMS = ("item", "other", "scope")


@dataclass(frozen=True)
class _Clause:
    """A change, and whether its verb is that of the clause before."""

    found: Match
    elided: bool


def edit_clauses(text: str, own: Sequence[Rule] = (), titles: Mapping[str, str] | None = None) -> list[Match]:
    """The changes a request asks for, in its order; empty when it is not wholly a request for changes.

    A clause without a verb takes the verb of the one before ("move A to Monday and B to Friday"). A week that is said
    before or after a clause ("in week 3, …") is kept as slot `week`. `own` are a domain's rules, which come first.
    `titles` (ids by title) are read as the items' ids, so that words such as "and" in a title divide nothing.
    """
    ids = {item_id.lower(): title for title, item_id in (titles or {}).items()}
    text = corrected(_with_ids(clean(text), titles or {}))
    found = _changes(text, (*own, *EDIT_RULES))
    if not found:
        # "I'm tired, make this week easier": the reason is not part of the request.
        reason = _REASON.match(text)
        found = _changes(clean(text[reason.end() :]), (*own, *EDIT_RULES)) if reason else []
    return [
        Match(one.name, {name: _with_titles(name, value, ids) for name, value in one.slots.items()}) for one in found
    ]


def sounds_like_an_edit(text: str) -> bool:
    """Whether a text begins as a change does, so that the answer can be about changes."""
    return bool(_VERB.match(clean(text)))


def _with_ids(text: str, titles: Mapping[str, str]) -> str:
    for title in sorted(titles, key=len, reverse=True):
        text = re.sub(rf"(?<!\w)[\"']?{re.escape(title)}[\"']?(?!\w)", titles[title], text, flags=re.IGNORECASE)
    return text


def _with_titles(name: str, value: str, ids: Mapping[str, str]) -> str:
    """A slot's words as they were said, where they are not the name of an item."""
    if name in _ITEMS or not ids:
        return value
    return re.sub(r"[\w-]+", lambda one: ids.get(one[0].lower(), one[0]), value)


def _changes(text: str, rules: Sequence[Rule]) -> list[Match]:
    leading = _WEEK_FIRST.match(text)
    clauses = _parse(_pieces(clean(leading["rest"]) if leading else text), None, rules)
    if not clauses and leading:
        # "for week 3 …" may be part of a clause of its own.
        leading, clauses = None, _parse(_pieces(text), None, rules)
    if not clauses:
        return []
    found = [clause.found for clause in clauses]
    for index in range(len(found) - 1, 0, -1):
        if clauses[index].elided:
            found[index - 1] = _with_week_of(found[index], found[index - 1])
    if leading:
        found[0] = Match(found[0].name, {**found[0].slots, "week": leading["week"]})
    return found


def _with_week_of(later: Match, earlier: Match) -> Match:
    """ "remove A and B in week 5": the week is said once, for both."""
    said = WEEK_PATTERN.search(later.get("week", "item") or "")
    if said is None or later.name != earlier.name or WEEK_PATTERN.search(" ".join(earlier.slots.values())):
        return earlier
    return Match(earlier.name, {**earlier.slots, "week": said[0]})


def _pieces(text: str) -> list[str]:
    pieces: list[str] = []
    start = 0
    for found in _BREAK.finditer(text):
        pieces += [text[start : found.start()], found[0]]
        start = found.end()
    return [*pieces, text[start:]]


def _parse(pieces: list[str], verb: str | None, rules: Sequence[Rule]) -> list[_Clause] | None:
    """The longest first clause that parses, followed by what parses after it; None when nothing does.

    `pieces` are texts and the joints between them in turn, so that a clause may keep an "and" of its own.
    """
    if not pieces:
        return []
    for end in range(len(pieces), 0, -2):
        clause = clean("".join(pieces[:end]))
        candidates = [clause] if _VERB.match(clause) or verb is None else [clause, f"{verb} {clause}"]
        for candidate in candidates:
            found = _read(candidate, rules)
            if found is None:
                continue
            said = _VERB.match(candidate)
            rest = _parse(pieces[end + 1 :], said[0] if said else verb, rules)
            if rest is not None:
                return [_Clause(found, elided=candidate != clause), *rest]
    return None


def _read(clause: str, rules: Sequence[Rule]) -> Match | None:
    """One change, perhaps with its week after it: "make all tempos 1 km shorter in week 2"."""
    found = match(rules, clause)
    if found is not None and not _swallows(found):
        return found
    trailing = _WEEK_LAST.match(clause)
    found = match(rules, trailing["rest"]) if trailing else None
    if trailing is None or found is None or _swallows(found) or WEEK_PATTERN.search(" ".join(found.slots.values())):
        return None
    return Match(found.name, {**found.slots, "week": trailing["week"]})


def _swallows(found: Match) -> bool:
    """Whether a slot took in a clause of its own, which a shorter reading would tell apart."""
    return any(
        re.search(rf"(?:\band\b|,|;)\s+(?:then )?(?:{_ANY_VERB})\b", value, re.IGNORECASE)
        or (
            name == "item"
            and re.search(r"\band\b", re.sub(WEEKS, "", value, flags=re.IGNORECASE)) is not None
            and found.name != "swap"
        )
        for name, value in found.slots.items()
        if name in _SAID
    )
