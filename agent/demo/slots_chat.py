"""Reading what only rooms say: addresses on the web, and sums."""

from __future__ import annotations

from collections.abc import Mapping

from agent.demo.slots import Parser, Reading, Said

_SIGNS = str.maketrans({"\u00d7": "*", "x": "*", "\u00f7": "/"})


def _url(said: Said, reading: Reading) -> str:
    return said["url"].rstrip(".,;:!?)")


def _sum(said: Said, reading: Reading) -> str | None:
    """An expression for `calculate`: a share of something, or a sum as it was written."""
    if "share" in said:
        return f"{said['share']} / 100 * {said['whole']}"
    expression = said["sum"].translate(_SIGNS).strip()
    return expression if any(sign in expression for sign in "+-*/") else None


PARSERS: Mapping[str, Parser] = {"url": _url, "sum": _sum}
