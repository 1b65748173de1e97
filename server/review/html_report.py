"""A review as one HTML file that opens anywhere: by light and by dark, on a phone and on paper."""

from datetime import UTC, datetime

from server.chat.render import shorten
from server.review.figures import counted, duration, instant, tokens
from server.review.html_elements import Html, element
from server.review.html_page import page
from server.review.html_sections import (
    found,
    happenings,
    missing,
    model_calls,
    node_totals,
    plan_diff,
    question,
    section,
    table,
    tool_call,
)
from server.review.html_timeline import timeline
from server.review.model import Review, RunReview

_SAID = 6_000


def review_page(review: Review) -> str:
    """The whole report of a review."""
    numbers = {run.run_id: number for number, run in enumerate(review.runs, start=1)}
    return page(
        f"Review of {review.title}",
        header(review.title, review.source, *review.notes),
        _overview(review) if len(review.runs) > 1 else None,
        [_run(run, review, numbers) for run in review.runs],
        section("Not known of any of them", missing(review.missing_everywhere)),
        element("footer", "Made by planloom review. Nothing in this file is loaded from anywhere."),
    )


def header(title: str, source: str, *notes: str) -> Html:
    """What the report is about, and where and when it was read."""
    read = f"read from {source}, {instant(datetime.now(UTC))}"
    return element("header", element("h1", title), element("div", " · ".join((read, *notes)), class_="source"))


def figures(run: RunReview) -> Html:
    """The run's numbers in a row; what is not known is left out."""
    known: list[tuple[str, str | Html]] = [("took", duration(run.seconds))]
    if run.first_token_seconds is not None:
        known.append(("first token", duration(run.first_token_seconds)))
    if run.waited_seconds is not None:
        known.append(("waited", duration(run.waited_seconds)))
    if run.usage is not None:
        known.append(("tokens", element("span", f"{run.usage.total:,} ", element("small", tokens(run.usage)))))
    if run.models:
        known.append(("model calls", str(len(run.models))))
    if run.tools:
        known.append(("tool calls", str(len(run.tools))))
    if run.attempts > 1:
        known.append(("attempts", str(run.attempts)))
    return element(
        "dl", [element("div", element("dt", name), element("dd", value)) for name, value in known], class_="figures"
    )


def heading(run: RunReview, name: str) -> list[Html]:
    """Which run it is, how it ended, and its ids."""
    ids = [instant(run.started_at), f"run {run.run_id}", *([f"thread {run.thread_id}"] if run.thread_id else [])]
    badge = element("span", run.outcome, class_=f"badge {run.outcome}")
    link = [" · ", element("a", "open", href=run.link)] if run.link else None
    return [element("h2", name, badge), element("p", " · ".join(ids), link, class_="ids mono")]


def _overview(review: Review) -> Html:
    rows = [
        (
            element("a", str(number), href=f"#run-{number}"),
            shorten(run.asked, 80),
            element("span", run.outcome, class_=f"badge {run.outcome}"),
            duration(run.seconds),
            duration(run.first_token_seconds),
            "" if run.usage is None else f"{run.usage.total:,}",
            len(run.tools) or "",
        )
        for number, run in enumerate(review.runs, start=1)
    ]
    headings = ("", "asked", "outcome", "took", "first token", "tokens", "tools")
    return element("div", element("h2", counted(len(rows), "run")), table(headings, rows, numbers=4), class_="card")


def _run(run: RunReview, review: Review, numbers: dict[str, int]) -> Html:
    number = numbers[run.run_id]
    name = f"Run {number}: {run.graph}" if len(review.runs) > 1 else run.graph
    lines = [line for line in run.missing if line not in review.missing_everywhere]
    return element(
        "article",
        heading(run, name),
        figures(run),
        element(
            "div",
            element("p", shorten(run.asked, _SAID) if len(run.asked) > _SAID else run.asked, class_="asked"),
            element("p", run.said, class_="said") if run.said else None,
            class_="talk",
        ),
        element("p", run.error, class_="banner bad") if run.error else None,
        section("Timeline", timeline(run)),
        section("Time by node", node_totals(run)),
        section("Model calls", model_calls(run)),
        section("Tool calls", [tool_call(call) for call in run.tools]),
        section("Found passages", [found(one.query, one.hits) for one in run.retrievals]),
        section("Plan changes", [plan_diff(diff) for diff in run.diffs]),
        section("Questions", [question(one, numbers) for one in run.questions]),
        section("Events", happenings(run)),
        section("Not known", missing(lines)),
        class_="card",
        id=f"run-{number}",
    )
