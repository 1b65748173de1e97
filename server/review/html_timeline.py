"""A run's spans as bars on a common axis."""

from collections.abc import Iterator
from datetime import datetime

from server.review.figures import duration
from server.review.html_elements import Html, element
from server.review.model import RunReview, Span

_KINDS = {"node": "node", "model": "model call", "tool": "tool", "retriever": "retriever", "step": "step inside a node"}


def timeline(run: RunReview, scale: float = 0.0) -> Html | None:
    """The bars of a run, first to last; None if it has no spans. Its axis goes to its end, or as far as `scale` seconds."""
    rows = list(run.flat())
    if not rows:
        return None
    begin, own = axis(run)
    seconds = max(own, scale)
    mark = _percent(run.first_token_at, begin, seconds)
    kinds = dict.fromkeys(span.kind for _, span in rows)
    return element(
        "div",
        element("div", element("div"), element("div", _ticks(seconds), class_="ticks"), class_="axis")
        if seconds
        else None,
        [_row(depth, span, begin, seconds, mark) for depth, span in rows],
        element(
            "div",
            [element("span", element("i", class_=kind), _KINDS[kind]) for kind in kinds],
            element("span", "dotted: first token") if mark is not None else None,
            class_="legend",
        ),
        class_="timeline",
    )


def axis(run: RunReview) -> tuple[datetime | None, float]:
    """When the axis begins, and how long it is."""
    spans = [span for _, span in run.flat()]
    begin = run.started_at or min((span.start for span in spans if span.start), default=None)
    ends = [one for one in (run.ended_at, *(span.end for span in spans)) if one is not None]
    return begin, (max(ends) - begin).total_seconds() if begin and ends else 0.0


def _ticks(seconds: float) -> Iterator[Html]:
    for quarter in range(5):
        label = "0" if quarter == 0 else duration(seconds * quarter / 4)
        yield element("span", label, style=f"left:{25 * quarter}%")


def _row(depth: int, span: Span, begin: datetime | None, seconds: float, mark: float | None) -> Html:
    offset = _percent(span.start, begin, seconds)
    badge = None if span.status == "ok" else element("span", span.status, class_=f"badge {span.status}")
    return element(
        "div",
        element("div", span.name, " ", badge, class_="name", style=f"--depth:{depth}", title=_title(span)),
        element(
            "div",
            element("i", class_="mark", style=f"left:{mark:.2f}%") if mark is not None else None,
            _bar(span, offset, seconds),
            class_="lane",
        ),
        class_="row",
    )


def _bar(span: Span, offset: float | None, seconds: float) -> list[Html]:
    if offset is None or span.seconds is None or not seconds:
        return []
    width = min(span.seconds / seconds * 100, 100 - offset)
    kind = span.kind if span.status in ("ok", "paused") else f"{span.kind} {span.status}"
    bar = element("div", class_=f"bar {kind}", style=f"left:{offset:.2f}%;width:{width:.2f}%", title=_title(span))
    time = element("span", duration(span.seconds), class_="time", style=f"left:{offset + width:.2f}%")
    return [bar, time]


def _title(span: Span) -> str:
    told = [f"{_KINDS[span.kind]} {span.name}"]
    if span.seconds is not None:
        told.append(duration(span.seconds) if span.is_whole else f"{duration(span.seconds)} from its first token")
    if span.step is not None:
        told.append(f"step {span.step}")
    if span.wrote:
        told.append(f"wrote {', '.join(span.wrote)}")
    return " · ".join([*told, *([span.error] if span.error else [])])


def _percent(at: datetime | None, begin: datetime | None, seconds: float) -> float | None:
    if at is None or begin is None or not seconds:
        return None
    return min(max((at - begin).total_seconds() / seconds * 100, 0.0), 100.0)
