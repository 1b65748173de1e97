"""`planloom webhooks`: which webhooks were given up, or still wait, and sends them again. It speaks HTTP, as any client does."""

import os
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self
from urllib.parse import urlsplit

import httpx
from rich.console import Console

from server.chat.headers import headers_of
from server.chat.reaching import reaching
from server.errors import StartupError

Status = Literal["failed", "pending", "delivered"]

_PAGE = 500
_TIMEOUT_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which deliveries: in that status, of these runs if any are named, to that host (with its port, if it has one) if it is."""

    status: Status = "failed"
    runs: Sequence[str] = ()
    host: str | None = None

    def has(self, delivery: "Listed") -> bool:
        """Whether it is one of them."""
        return (not self.runs or delivery.run_id in self.runs) and self.host in (None, delivery.host)


@dataclass(frozen=True, slots=True)
class Listed:
    """A delivery, as it is listed. `said` is what came of its last attempt."""

    delivery_id: str
    run_id: str
    url: str
    attempts: str
    since: str
    said: str

    @classmethod
    def from_wire(cls, told: dict[str, Any]) -> Self:
        """What the server told of it."""
        last = told["attempts"][-1] if told["attempts"] else {}
        said = last.get("error") or (f"answered {last['status_code']}" if last else "not sent yet")
        attempts = f"{last.get('attempt', 0)} of {told['max_attempts']}"
        return cls(told["delivery_id"], told["run_id"], told["url"], attempts, told["created_at"][:19], said)

    @property
    def host(self) -> str:
        """Whom it goes to."""
        return urlsplit(self.url).netloc.lower()

    @property
    def line(self) -> str:
        """It, on one line."""
        return f"{self.run_id}  {self.since}  attempt {self.attempts}  {self.url}  {self.said}"


async def show(
    url: str, headers: Sequence[str], wanted: Wanted, console: Console, *, last: int, again: bool = False
) -> None:
    """List the newest deliveries that are wanted of those that the caller may see, or send all of them `again`.

    Raises `PlanloomError` for the operator.
    """
    if again and wanted.status != "failed":
        raise StartupError("--send-again sends what was given up: leave --status out")
    sent = headers_of(headers, os.environ)
    with reaching(url):
        async with httpx.AsyncClient(base_url=url, headers=sent, timeout=_TIMEOUT_SECONDS) as http:
            # all first: those that are sent again are not in the list any more, and may be in it anew
            found = [delivery async for delivery in _deliveries(http, wanted)]
            for delivery in found[:last]:
                console.print(delivery.line, soft_wrap=True)
            if len(found) > last:
                console.print(f"… and {len(found) - last} older ones")
            if not found:
                console.print("there are none")
            elif again:
                await _send_again(http, found, console)


async def _send_again(http: httpx.AsyncClient, found: Sequence[Listed], console: Console) -> None:
    refused = 0
    for delivery in reversed(found):  # in the order that they were written
        answer = await http.post(f"/webhooks/deliveries/{delivery.delivery_id}")
        if answer.status_code in (httpx.codes.NOT_FOUND, httpx.codes.CONFLICT):
            refused += 1  # somebody was quicker, or its run was deleted
        else:
            _require_success(answer)
    more = f", {refused} were not failed any more" if refused else ""
    console.print(f"sending {len(found) - refused} again{more}")


async def _deliveries(http: httpx.AsyncClient, wanted: Wanted) -> AsyncIterator[Listed]:
    offset = 0
    while True:
        answer = await http.get(
            "/webhooks/deliveries", params={"status": wanted.status, "limit": _PAGE, "offset": offset}
        )
        _require_success(answer)
        page = [Listed.from_wire(told) for told in answer.json()]
        for delivery in page:
            if wanted.has(delivery):
                yield delivery
        if len(page) < _PAGE:
            return
        offset += len(page)


def _require_success(answer: httpx.Response) -> None:
    if answer.is_success:
        return
    try:
        why = answer.json().get("detail")
    except (ValueError, AttributeError):
        why = None
    path = answer.request.url.path
    raise StartupError(f"The server refused {answer.request.method} {path}: {why or f'HTTP {answer.status_code}'}")
