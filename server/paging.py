"""What endpoints that list things share: which page is asked for, `select`, and the headers that tell of more."""

from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeVar

from pydantic import Field, RootModel
from starlette.responses import Response

from server.db.searches import Page, Slice
from server.requests import RequestModel
from server.wire_json import WireResponse

Found = TypeVar("Found")

MAX_OFFSET = 2**63 - 1
"""The largest that Postgres counts."""


class PageRequest(RequestModel):
    """Which page of a list."""

    limit: int = Field(10, ge=1, le=1000)
    offset: int = Field(0, ge=0, le=MAX_OFFSET)


class SearchRequest(PageRequest):
    """Which page of what is found, and in what order; a search narrows the names to those that it sorts by."""

    sort_by: str | None = "created_at"
    sort_order: Literal["asc", "desc"] | None = "desc"

    @property
    def part(self) -> Slice:
        """What is asked for of what is found: the newest first unless the caller says otherwise."""
        return Slice(self.sort_by or "created_at", self.sort_order != "asc", self.limit, self.offset)


class Selected(RootModel[dict[str, Any]]):
    """What is shown of a thing when `select` names the keys: those alone."""


def page_response(page: Page[Found], request: PageRequest, shown: Callable[[Found], dict[str, Any]]) -> Response:
    """A page as the API has it: a list of what is `shown` of each thing, and headers.

    They are `x-pagination-total` (a lower bound: all seen so far, and one if there are more) and, if there are,
    `x-pagination-next`.
    """
    end = request.offset + len(page.found)
    headers = {"x-pagination-total": str(end + (1 if page.more else 0))}
    if page.more:
        headers["x-pagination-next"] = str(end)
    return WireResponse([shown(one) for one in page.found], headers=headers)


def selected(row: dict[str, Any], keys: Sequence[str] | None) -> dict[str, Any]:
    """Only `keys` of `row`; all of it when none are named."""
    return {key: row[key] for key in keys if key in row} if keys else row
