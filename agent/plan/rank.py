"""Ranks: short strings whose alphabetical order is the order of siblings, with room between any two.

Fractional indexing with an integer part (the scheme of D. Greenspan, "Implementing Fractional Indexing", 2020):
the first letter says how many digits the integer has, `a`-`z` for 2 to 27 characters upwards from zero, `Z`-`A` for
those below; what follows is a fraction. Appending counts the integer up, so ranks grow by logarithm and not by
letter. Strings from elsewhere that are no such number are ordered as plain fractions.
"""

from __future__ import annotations

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
FIRST = "a0"
REBALANCE_ABOVE = 24
"""A rank longer than this is worth a cosmetic rebalancing of its siblings."""


class NoRoomError(ValueError):
    """There is no rank between the two: they are equal, in the wrong order, or the second only adds zeros."""


def after(last: str | None) -> str:
    """A rank behind `last`; the first rank of all for None."""
    return between(last, None)


def between(a: str | None, b: str | None) -> str:
    """A rank strictly between `a` and `b`; None is the open end. Raises `NoRoomError`."""
    low = a or ""
    if b is not None and (low >= b or (b.startswith(low) and not b[len(low) :].strip("0"))):
        raise NoRoomError(f"nothing fits between {a!r} and {b!r}")
    if (a is None or _integer_part(a)) and (b is None or _integer_part(b)):
        rank = _between_numbers(a, b)
        if rank is not None:
            return rank
    return _midpoint(low, b)


def spread(count: int) -> list[str]:
    """Fresh ranks for `count` siblings."""
    ranks: list[str] = []
    for _ in range(count):
        ranks.append(after(ranks[-1] if ranks else None))
    return ranks


def _between_numbers(a: str | None, b: str | None) -> str | None:
    if a is None and b is None:
        return FIRST
    if a is None:
        return _before(b or "")
    whole = _integer_part(a)
    if b is None:
        return _increment(whole) or whole + _midpoint(a[len(whole) :], None)
    if whole == _integer_part(b):
        return whole + _midpoint(a[len(whole) :], b[len(whole) :])
    next_whole = _increment(whole)
    if next_whole is not None and next_whole < b:
        return next_whole
    return whole + _midpoint(a[len(whole) :], None)


def _before(b: str) -> str | None:
    whole = _integer_part(b)
    return whole if whole < b else _decrement(whole)


def _integer_part(rank: str) -> str:
    """The integer at the head of a rank, or "" if it has none."""
    head = rank[:1]
    if "a" <= head <= "z":
        length = ord(head) - ord("a") + 2
    elif "A" <= head <= "Z":
        length = ord("Z") - ord(head) + 2
    else:
        return ""
    return rank[:length] if len(rank) >= length else ""


def _increment(whole: str) -> str | None:
    """The next integer; None after the last."""
    head, digits = whole[0], whole[1:]
    kept = digits.rstrip("z")
    if kept:
        raised = kept[:-1] + DIGITS[DIGITS.index(kept[-1]) + 1]
        return head + raised.ljust(len(digits), "0")
    if head == "z":
        return None
    if head == "Z":
        return FIRST
    grown = len(digits) + 1 if head >= "a" else len(digits) - 1
    return chr(ord(head) + 1) + "0" * grown


def _decrement(whole: str) -> str | None:
    """The previous integer; None before the first."""
    head, digits = whole[0], whole[1:]
    kept = digits.rstrip("0")
    if kept:
        lowered = kept[:-1] + DIGITS[DIGITS.index(kept[-1]) - 1]
        return head + lowered.ljust(len(digits), "z")
    if head == "A":
        return None
    if head == "a":
        return "Zz"
    grown = len(digits) - 1 if head > "a" else len(digits) + 1
    return chr(ord(head) - 1) + "z" * grown


def _midpoint(a: str, b: str | None) -> str:
    """A digit string strictly between two, read as fractions; "" is 0 and None is 1. It never ends with 0."""
    shared = 0
    if b is not None:
        while shared < len(b) and (a[shared] if shared < len(a) else "0") == b[shared]:
            shared += 1
        if shared:
            return b[:shared] + _midpoint(a[shared:], b[shared:])
    low = DIGITS.index(a[0]) if a else 0
    high = DIGITS.index(b[0]) if b else len(DIGITS)
    if high - low > 1:
        return DIGITS[(low + high) // 2]
    if b is not None and len(b) > 1:
        return b[0]
    return DIGITS[low] + _midpoint(a[1:], None)
