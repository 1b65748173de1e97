"""What the search endpoints share: paging headers and `select`."""

from collections.abc import Sequence
from typing import Any

from pydantic import RootModel

MAX_OFFSET = 2**63 - 1
"""The largest that Postgres counts."""


class Selected(RootModel[dict[str, Any]]):
    """What is shown of a thing when `select` names the keys: those alone."""


def page_headers(offset: int, returned: int, *, more: bool) -> dict[str, str]:
    """`x-pagination-total` (a lower bound: all seen so far, and one if there are more) and, if so, `x-pagination-next`."""
    headers = {"x-pagination-total": str(offset + returned + (1 if more else 0))}
    if more:
        headers["x-pagination-next"] = str(offset + returned)
    return headers


def selected(row: dict[str, Any], keys: Sequence[str] | None) -> dict[str, Any]:
    """Only `keys` of `row`; all of it when none are named."""
    return {key: row[key] for key in keys if key in row} if keys else row
