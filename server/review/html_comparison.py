"""Two runs side by side as one HTML file."""

from server.review.comparison import Comparison, Figure, Piece, SpanPair, ToolPair
from server.review.figures import duration
from server.review.html_elements import Html, element
from server.review.html_page import page
from server.review.html_report import header, heading
from server.review.html_sections import missing, section, table, tool_call
from server.review.html_timeline import axis, timeline
from server.review.model import RunReview, Span

_MARKS = {"both": "", "left": "- ", "right": "+ "}


def comparison_page(comparison: Comparison, source: str) -> str:
    """The whole report of a comparison."""
    left, right = comparison.left, comparison.right
    scale = max(axis(run)[1] for run in (left, right))
    return page(
        "Two runs compared",
        header("Two runs compared", source, "- only the left run, + only the right one"),
        element("div", _sides(comparison), section("Figures", _figures(comparison)), class_="card"),
        element(
            "div",
            section("Left timeline", timeline(left, scale)),
            section("Right timeline", timeline(right, scale)),
            section("Node by node", _spans(comparison)),
            class_="card",
        ),
        element(
            "div",
            section("Answers", _answer(comparison.answer)),
            section("Plan changes", _pieces(comparison.changes)),
            section("Found passages", _pieces(comparison.passages)),
            section("Tool calls", [_tools(pair) for pair in comparison.tools]),
            section("Not known", missing(tuple(dict.fromkeys((*left.missing, *right.missing))))),
            class_="card",
        ),
        element("footer", "Made by planloom review. Nothing in this file is loaded from anywhere."),
    )


def _sides(comparison: Comparison) -> Html:
    return element("div", _side(comparison.left, "-"), _side(comparison.right, "+"), class_="sides")


def _side(run: RunReview, mark: str) -> Html:
    error = element("p", run.error, class_="banner bad") if run.error else None
    asked = element("div", element("p", run.asked, class_="asked"), class_="talk")
    return element("div", heading(run, f"{mark} {run.graph}"), asked, error)


def _figures(comparison: Comparison) -> Html:
    rows = [
        (figure.name, _value(figure, figure.left), _value(figure, figure.right), _difference(figure))
        for figure in comparison.figures
        if figure.left or figure.right
    ]
    return table(("", "left", "right", "difference"), rows, numbers=3)


def _value(figure: Figure, value: float | None) -> str:
    if value is None:
        return "unknown"
    return duration(value) if figure.unit == "seconds" else f"{value:,.0f}"


def _difference(figure: Figure) -> Html | str:
    more = figure.difference
    if not more:
        return "" if more is None else "="
    shown = duration(abs(more)) if figure.unit == "seconds" else f"{abs(more):,.0f}"
    percent = f" ({more / figure.left:+.0%})" if figure.left else ""
    return element("span", f"{'+' if more > 0 else '-'}{shown}{percent}", class_=_worse(figure, more))


def _worse(figure: Figure, more: float) -> str | None:
    """Colour for what costs: time and tokens."""
    if figure.unit != "seconds" and not figure.name.startswith("tokens"):
        return None
    return "more" if more > 0 else "less"


def _spans(comparison: Comparison) -> Html:
    return table(("node", "left", "right", "difference"), [_pair(pair) for pair in comparison.spans], numbers=3)


def _pair(pair: SpanPair) -> tuple[Html, Html | str, Html | str, Html | str]:
    side = "both" if pair.left and pair.right else "left" if pair.left else "right"
    name = element("span", f"{_MARKS[side]}{pair.name}", style=f"padding-left:{pair.depth * 16}px")
    more = pair.difference
    told: Html | str = ""
    if more is not None:
        told = element(
            "span", f"{'+' if more >= 0 else '-'}{duration(abs(more))}", class_="more" if more > 0 else "less"
        )
    return name, _time(pair.left), _time(pair.right), told


def _time(span: Span | None) -> Html | str:
    if span is None:
        return ""
    time = "" if span.seconds is None else duration(span.seconds)
    return time if span.status == "ok" else element("span", span.status, class_=f"badge {span.status}", title=time)


def _answer(pieces: tuple[Piece, ...]) -> Html | None:
    if not pieces:
        return None
    if all(piece.side == "both" for piece in pieces):
        return element("p", "The same words.", class_="soft")
    if all(piece.side != "both" for piece in pieces):
        told = {piece.side: piece.text for piece in pieces}
        columns = [element("div", told.get(side, ""), class_="wording") for side in ("left", "right")]
        return element("div", columns, class_="sides")
    shown = [element("span", piece.text, class_=piece.side if piece.side != "both" else None) for piece in pieces]
    return element("div", shown, class_="wording")


def _pieces(pieces: tuple[Piece, ...]) -> Html | None:
    if not pieces:
        return None
    return element(
        "ul", [element("li", f"{_MARKS[one.side]}{one.text}", class_=one.side) for one in pieces], class_="changes"
    )


def _tools(pair: ToolPair) -> Html:
    columns = [element("div", tool_call(call) if call else None) for call in (pair.left, pair.right)]
    same = element("p", "the same call with the same result", class_="soft") if pair.is_same else None
    return element("div", element("div", columns, class_="sides"), same)
