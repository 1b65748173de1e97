"""`planloom review`: chooses the reader and the writers, and turns what can go wrong with a connection into one clear line."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
from rich.console import Console

from server.chat.headers import headers_of
from server.chat.reaching import reaching
from server.errors import StartupError
from server.review.comparison import compare
from server.review.html_comparison import comparison_page
from server.review.html_report import review_page
from server.review.model import Review
from server.review.server_reader import ServerReader
from server.review.terminal_comparison import print_comparison
from server.review.terminal_report import print_review

_TIMEOUT_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be reviewed, and how. Without thread, run and comparison: the newest run there is.

    With `project` it is read from LangSmith (its key and address from the environment), else from the server at `url`.
    """

    url: str
    headers: Sequence[str] = ()
    project: str | None = None
    thread: str | None = None
    run: str | None = None
    last: int | None = None
    compare: tuple[str, str] | None = None
    html: Path | None = None
    full: bool = False


async def review(request: Request, console: Console) -> None:
    """Read what is asked for, print it, and write it to `html` if that is named. Raises `PlanloomError` for the operator."""
    if request.run and request.compare:
        raise StartupError("--run shows one run and --compare two: name one of both options")
    found = await (_from_langsmith(request) if request.project else _from_server(request))
    comparison = compare(*found.runs) if request.compare else None
    if request.html:  # first: whoever reads what is printed may have enough of it
        page = comparison_page(comparison, found.source) if comparison else review_page(found)
        try:
            request.html.write_text(page, encoding="utf-8")
        except OSError as error:
            raise StartupError(f"{request.html} cannot be written: {error.strerror}") from error
    if comparison:
        print_comparison(comparison, console)
    else:
        print_review(found, console, full=request.full)
    if request.html:
        console.print(f"wrote {request.html}", markup=False, highlight=False)


async def _from_server(request: Request) -> Review:
    with reaching(request.url):
        async with httpx.AsyncClient(
            base_url=request.url, headers=headers_of(request.headers, os.environ), timeout=_TIMEOUT_SECONDS
        ) as http:
            reader = ServerReader(http)
            if request.compare:
                return await reader.runs(request.compare, request.thread)
            if request.run:
                return await reader.run(request.run, request.thread)
            if request.thread:
                return await reader.thread(request.thread, request.last)
            return await reader.latest(request.last)


async def _from_langsmith(request: Request) -> Review:
    from langsmith import Client  # noqa: PLC0415 - it takes a while, and most reviews need none

    from server.review.langsmith_reader import LangSmithReader  # noqa: PLC0415

    if not os.environ.get("LANGSMITH_API_KEY"):
        raise StartupError(
            "--project reads from LangSmith: set LANGSMITH_API_KEY (and LANGSMITH_ENDPOINT for one of your own)"
        )
    reader = LangSmithReader(Client(auto_batch_tracing=False), request.project or "")
    if request.compare:
        return await reader.runs(request.compare)
    if request.run:
        return await reader.run(request.run)
    return await (reader.thread(request.thread, request.last) if request.thread else reader.latest(request.last))
