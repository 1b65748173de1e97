"""The sections of one run in an HTML report: what was called, found, changed, asked and told."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from server.chat.plan_events import Hit, PlanDiff
from server.chat.render import envelope_text, shorten
from server.review.figures import compact, counted, duration, spread, tokens
from server.review.html_elements import Html, element
from server.review.model import Question, RunReview, ToolCall

_FOLDED_AFTER = 400  # characters of arguments and result together
_SHOWN = 20_000  # characters of one text
_TITLE = 110
_SHORT = 24  # a cell that is not broken into lines
_SHOWN_CHANGES = 12  # the others are folded


def section(title: str, content: Any) -> Html | None:
    """A titled part; None if there is nothing in it."""
    shown = [one for one in content if one] if isinstance(content, list) else content
    return element("section", element("h3", title), shown) if shown else None


def node_totals(run: RunReview) -> Html | None:
    """Time by node, where a node ran more than once."""
    times: dict[str, list[float]] = defaultdict(list)
    for span in run.spans:
        if span.seconds is not None:
            times[span.name].append(span.seconds)
    if not any(len(one) > 1 for one in times.values()) or not run.seconds:
        return None
    ordered = sorted(times.items(), key=lambda item: -sum(item[1]))
    rows = [(name, len(one), duration(sum(one)), f"{sum(one) / run.seconds:.0%}") for name, one in ordered]
    return table(("node", "times", "together", "of the run"), rows, numbers=3)


def model_calls(run: RunReview) -> Html | None:
    """Each answer of a model: tokens, time, and what it said or called."""
    rows = [
        (
            call.model,
            call.node,
            f"calls {', '.join(call.calls)}" if call.calls else shorten(call.text, _TITLE),
            "unknown" if call.first_token_at is None else _offset(run, call.first_token_at),
            "unknown" if call.usage is None else tokens(call.usage),
            duration(call.seconds),
        )
        for call in run.models
    ]
    return table(("model", "node", "answer", "first token", "tokens", "time"), rows, numbers=3) if rows else None


def tool_call(call: ToolCall) -> Html:
    """A call with its arguments and its result."""
    arguments, result = spread(call.arguments), "" if call.result is None else spread(call.result)
    told = shorten(envelope_text(call.result), _TITLE) if call.result is not None else ""
    state = "error" if call.failed else "ok" if call.result is not None else "pending"
    return element(
        "details",
        element(
            "summary",
            element("b", call.name),
            element(
                "span", {"error": "failed", "ok": "answered", "pending": "no result"}[state], class_=f"badge {state}"
            ),
            element("span", duration(call.seconds), class_="soft") if call.seconds is not None else None,
            element("span", told, class_="soft"),
        ),
        element(
            "div",
            element("span", "arguments"),
            element("pre", _cut(arguments)),
            [element("span", "result"), element("pre", _cut(result))] if result else None,
            class_="inside",
        ),
        open=len(arguments) + len(result) <= _FOLDED_AFTER,
    )


def found(query: str, hits: Sequence[Hit]) -> Html:
    """What was found, with how well it matches."""
    return element(
        "div", element("p", "for “", query, "”", class_="soft") if query else None, [_hit(hit) for hit in hits]
    )


def plan_diff(diff: PlanDiff) -> Html:
    """A proposed change of the plan, change by change."""
    base = f" (from version {diff.base_version})" if diff.base_version else ""
    marks = {"added": "+", "removed": "-", "changed": "~", "moved": "→"}
    changes = [
        element("li", f"{marks.get(change.kind, '~')} {change.text or change.title}", class_=change.kind)
        for change in diff.changes
    ]
    rest = changes[_SHOWN_CHANGES:]
    return element(
        "div",
        element("p", shorten(diff.summary, 2 * _TITLE), base, class_="soft"),
        element("ul", changes[:_SHOWN_CHANGES], class_="changes"),
        element(
            "details",
            element("summary", counted(len(rest), "more change")),
            element("ul", rest, class_="changes"),
        )
        if rest
        else None,
    )


def question(asked: Question, numbers: dict[str, int]) -> Html:
    """What was asked, and what came of it; `numbers` are the runs of this report."""
    value = asked.value
    told = value.get("summary") or value.get("question") if isinstance(value, dict) else None
    answer = [element("span", "answer"), element("pre", _cut(spread(asked.answer)))] if asked.is_answered else None
    return element(
        "details",
        element(
            "summary",
            element("b", asked.node),
            element(
                "span",
                "answered" if asked.is_answered else "waits",
                class_=f"badge {'ok' if asked.is_answered else 'interrupted'}",
            ),
            element("span", shorten(str(told or compact(value)), _TITLE), class_="soft"),
            _run_link(asked.answered_by, numbers),
        ),
        element("div", element("span", "question"), element("pre", _cut(spread(value))), answer, class_="inside"),
    )


def happenings(run: RunReview) -> Html | None:
    """What the graph told, and what happened to the run, in order."""
    rows = [
        (_offset(run, one.at), one.name, shorten(one.text or compact(one.data), 2 * _TITLE)) for one in run.happenings
    ]
    return table(("at", "event", ""), rows) if rows else None


def table(headings: Sequence[str], rows: Sequence[Sequence[Any]], numbers: int = 0) -> Html:
    """A table whose last `numbers` columns are figures."""
    first = len(headings) - numbers

    def cells(name: str, row: Sequence[Any]) -> list[Html]:
        kinds = [
            "number" if place >= first else "short" if name == "td" and _is_short(one) else None
            for place, one in enumerate(row)
        ]
        return [element(name, one, class_=kind) for one, kind in zip(row, kinds, strict=True)]

    head = element("thead", element("tr", cells("th", headings)))
    return element(
        "div",
        element("table", head, element("tbody", [element("tr", cells("td", row)) for row in rows])),
        class_="wide",
    )


def missing(lines: Sequence[str]) -> Html | None:
    """What is not known, and why."""
    return element("ul", [element("li", line) for line in lines], class_="missing") if lines else None


def _hit(hit: Hit) -> Html:
    score: Html | None = None
    if hit.score is not None:
        percent = min(max(hit.score, 0.0), 1.0) * 100
        score = element(
            "div", f"{hit.score:.3f}", element("i", element("b", style=f"width:{percent:.0f}%")), class_="score"
        )
    return element(
        "div",
        score or element("div"),
        element(
            "p",
            element("b", hit.title),
            " ",
            element("span", hit.source, class_="soft"),
            element("br"),
            shorten(hit.text, 300),
        ),
        class_="hit",
    )


def _run_link(run_id: str | None, numbers: dict[str, int]) -> Html | None:
    if run_id is None:
        return None
    if run_id in numbers:
        return element("a", f"by run {numbers[run_id]}", href=f"#run-{numbers[run_id]}")
    return element("span", f"by run {run_id}", class_="soft mono")


def _offset(run: RunReview, at: datetime) -> str:
    return "" if run.started_at is None else f"+{duration(max((at - run.started_at).total_seconds(), 0))}"


def _is_short(cell: Any) -> bool:
    return isinstance(cell, str) and len(cell) <= _SHORT


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}… ({len(text) - _SHOWN:,} more characters)"
