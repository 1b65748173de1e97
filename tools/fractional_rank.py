"""Ranks for a run of siblings: base-62 strings in fractional indexing's integer form, in their sorting order.

The plan kernel inserts between such ranks; the builder only ever appends.
"""

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def nth_rank(index: int) -> str:
    """Return the rank of the sibling at `index`, from 0: a0, a1, … az, b00, b01, …

    Raises ValueError for an index below 0 or beyond two digits (3,906 siblings).
    """
    base = len(_DIGITS)
    if 0 <= index < base:
        return f"a{_DIGITS[index]}"
    if base <= index < base + base * base:
        high, low = divmod(index - base, base)
        return f"b{_DIGITS[high]}{_DIGITS[low]}"
    raise ValueError(f"no rank for index {index}")
