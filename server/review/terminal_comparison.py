"""Two runs side by side on a terminal."""

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table
from rich.text import Text

from server.chat.render import shorten
from server.review.comparison import Comparison, Figure, Piece, SpanPair, ToolPair
from server.review.figures import compact, duration
from server.review.model import RunReview, Span, ToolCall
from server.review.terminal_report import STATUS_STYLES

_SIDE_STYLES = {"both": "default", "left": "red", "right": "green"}
_SIDE_MARKS = {"both": " ", "left": "-", "right": "+"}
_LINE = 60


def print_comparison(comparison: Comparison, console: Console) -> None:
    """Write the comparison; what only the left run has is marked with -, what only the right one has with +."""
    console.print(_figures(comparison))
    for title, rows in (("Timeline", _spans(comparison)), ("Tool calls", _tools(comparison))):
        if rows.row_count:
            console.print(Text(f"\n{title}", style="bold underline"))
            console.print(rows)
    for title, pieces in (("Plan changes", comparison.changes), ("Found", comparison.passages)):
        if pieces:
            console.print(Text(f"\n{title}", style="bold underline"))
            console.print(Text("\n").join(_lines(pieces)))
    if comparison.answer:
        console.print(Text("\nAnswers", style="bold underline"))
        console.print(_answer(comparison.answer))


def _figures(comparison: Comparison) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("")
    for mark, run in (("-", comparison.left), ("+", comparison.right)):
        table.add_column(
            Text(f"{mark} …{run.run_id[-12:]}", style=_SIDE_STYLES["left" if mark == "-" else "right"]), justify="right"
        )
    table.add_column("difference", justify="right")
    table.add_row("graph", comparison.left.graph, comparison.right.graph, "")
    table.add_row("outcome", _outcome(comparison.left), _outcome(comparison.right), "")
    table.add_row("asked", shorten(comparison.left.asked, 36), shorten(comparison.right.asked, 36), "")
    for figure in comparison.figures:
        if figure.left or figure.right:
            table.add_row(figure.name, _value(figure, figure.left), _value(figure, figure.right), _difference(figure))
    return table


def _spans(comparison: Comparison) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("node", "-", "+", "difference"):
        table.add_column(heading, justify="left" if heading == "node" else "right")
    table.add_column("")
    for pair in comparison.spans:
        side = "both" if pair.left and pair.right else "left" if pair.left else "right"
        name = Text(f"{_SIDE_MARKS[side]} {'  ' * pair.depth}{pair.name}", style=_SIDE_STYLES[side])
        table.add_row(name, _seconds(pair.left), _seconds(pair.right), _longer(pair), _notes(pair))
    return table


def _tools(comparison: Comparison) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("-", "+", ""):
        table.add_column(heading, overflow="fold")
    for pair in comparison.tools:
        table.add_row(_call(pair.left), _call(pair.right), _sameness(pair))
    return table


def _lines(pieces: tuple[Piece, ...]) -> Iterator[Text]:
    for piece in pieces:
        yield Text(f"  {_SIDE_MARKS[piece.side]} {shorten(piece.text, 2 * _LINE)}", style=_SIDE_STYLES[piece.side])


def _answer(pieces: tuple[Piece, ...]) -> Text:
    if all(piece.side == "both" for piece in pieces):
        return Text("  the same words")
    if all(piece.side != "both" for piece in pieces):
        return Text("\n").join(_blocks(pieces))
    told = Text()
    for piece in pieces:
        shown = piece.text if piece.side == "both" else f"[{_SIDE_MARKS[piece.side]}{piece.text.strip()}] "
        told.append(shown, style=_SIDE_STYLES[piece.side])
    return told


def _blocks(pieces: tuple[Piece, ...]) -> Iterator[Text]:
    for piece in pieces:
        for line in piece.text.splitlines():
            yield Text(f"  {_SIDE_MARKS[piece.side]} {line}", style=_SIDE_STYLES[piece.side])


def _outcome(run: RunReview) -> Text:
    return Text(run.outcome, style=STATUS_STYLES.get(run.outcome, "default"))


def _value(figure: Figure, value: float | None) -> str:
    if value is None:
        return "unknown"
    return duration(value) if figure.unit == "seconds" else f"{value:,.0f}"


def _difference(figure: Figure) -> Text:
    more = figure.difference
    if more is None or not more:
        return Text("" if more is None else "=", style="dim")
    shown = duration(abs(more)) if figure.unit == "seconds" else f"{abs(more):,.0f}"
    percent = f" ({more / figure.left:+.0%})" if figure.left else ""
    return Text(f"{'+' if more > 0 else '-'}{shown}{percent}")


def _seconds(span: Span | None) -> str:
    return "" if span is None else "" if span.seconds is None else duration(span.seconds)


def _longer(pair: SpanPair) -> str:
    more = pair.difference
    return "" if more is None else f"{'+' if more >= 0 else '-'}{duration(abs(more))}"


def _notes(pair: SpanPair) -> Text:
    statuses = [one.status for one in (pair.left, pair.right) if one is not None]
    if all(status == "ok" for status in statuses):
        return Text("")
    return Text(" / ".join(statuses), style=STATUS_STYLES[next(one for one in statuses if one != "ok")])


def _call(call: ToolCall | None) -> Text:
    if call is None:
        return Text("")
    given = call.arguments if isinstance(call.arguments, dict) else {}
    told = shorten(", ".join(f"{key}={compact(value)}" for key, value in given.items()), _LINE)
    return Text(f"{call.name}(", style="magenta").append(told, style="default").append(")")


def _sameness(pair: ToolPair) -> Text:
    if pair.left is None or pair.right is None:
        return Text("")
    return Text("same", style="dim") if pair.is_same else Text("differs", style="yellow")
