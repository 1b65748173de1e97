"""A review as lines on a terminal: the run in a line, its timeline with bars, then what was called, found, changed and asked."""

from collections.abc import Iterable, Iterator, Sequence

from rich.console import Console
from rich.rule import Rule
from rich.text import Text

from server.chat.plan_events import Hit, PlanDiff
from server.chat.render import change_lines, envelope_text, shorten
from server.review.figures import compact, counted, duration, instant, spread, tokens
from server.review.model import Happening, ModelCall, Question, Review, RunReview, Span, ToolCall

STATUS_STYLES = {
    "success": "green",
    "ok": "green",
    "error": "bold red",
    "interrupted": "yellow",
    "cancelled": "yellow",
    "paused": "yellow",
    "running": "cyan",
    "pending": "cyan",
    "timeout": "red",
}
_KIND_STYLES = {"node": "cyan", "model": "magenta", "tool": "blue", "retriever": "green", "step": "dim"}
_BAR = 28
_NAME = 40
_LINE = 110
_LINES = 12
_FILE_WIDTH = 130  # of what is not read on a screen


def print_review(review: Review, console: Console, *, full: bool = False) -> None:
    """Write the review. Unless `full`, long texts are cut."""
    width = console.width if console.is_terminal else max(console.width, _FILE_WIDTH)
    for note in review.notes:
        console.print(Text(note, style="dim"))
    for run in review.runs:
        console.print(Rule(_heading(run), align="left", style="dim"))
        for line in _blocks(run, review.missing_everywhere, width, full=full):
            _print(line, console)
        console.print()
    for line in _section(
        "Not known of any of them", (Text(f"  {one}", style="dim") for one in review.missing_everywhere)
    ):
        _print(line, console)


def summary_line(run: RunReview) -> Text:
    """How long it took, with the figures that are known."""
    parts = [f"took {duration(run.seconds)}"]
    if run.waited_seconds is not None:
        parts.append(f"waited {duration(run.waited_seconds)}")
    if run.first_token_seconds is not None:
        parts.append(f"first token after {duration(run.first_token_seconds)}")
    if run.models:
        parts.append(counted(len(run.models), "model call"))
    if run.usage is not None:
        parts.append(tokens(run.usage))
    if run.tools:
        parts.append(counted(len(run.tools), "tool call"))
    if run.attempts > 1:
        parts.append(counted(run.attempts, "attempt"))
    return Text(f"{instant(run.started_at)}  ", style="dim").append(" · ".join(parts), style="not dim")


def _print(line: Text, console: Console) -> None:
    if console.is_terminal:
        console.print(line, no_wrap=line.no_wrap, overflow=line.overflow)  # it takes over a text's characters alone
    else:
        console.print(line, soft_wrap=True)


def _heading(run: RunReview) -> Text:
    status = Text(run.outcome, style=STATUS_STYLES.get(run.outcome, "default"))
    return Text.assemble(("run ", "dim"), (run.run_id, "bold"), (f"  {run.graph}  ", "default"), status)


def _blocks(run: RunReview, told: Sequence[str], width: int, *, full: bool) -> Iterator[Text]:
    yield summary_line(run)
    yield Text(f"> {_cut(run.asked, full=full)}", style="bold")
    if run.said:
        yield Text(_cut(run.said, full=full))
    if run.error:
        yield Text(f"error: {run.error}", style="bold red")
    if run.spans:
        yield Text("\nTimeline", style="bold underline")
        yield from _timeline(run, width)
    sections = {
        "Model calls": map(_model, run.models),
        "Tool calls": (_tool(call, full=full) for call in run.tools),
        "Found": (line for found in run.retrievals for line in _found(found.query, found.hits)),
        "Plan changes": (line for diff in run.diffs for line in _diff(diff)),
        "Asked": map(_question, run.questions),
        "Events": (_happening(run, one) for one in run.happenings),
    }
    for title, lines in sections.items():
        yield from _section(title, lines, cut=not full)
    yield from _section("Not known", (Text(f"  {line}", style="dim") for line in run.missing if line not in told))


def _section(title: str, lines: Iterable[Text], *, cut: bool = False) -> Iterator[Text]:
    """A titled part, if there is anything in it; `cut` ends its lines where the screen does."""
    shown = list(lines)
    if shown:
        yield Text(f"\n{title}", style="bold underline")
    for line in shown:
        if cut:
            line.no_wrap, line.overflow = True, "ellipsis"
        yield line


def _timeline(run: RunReview, width: int) -> Iterator[Text]:
    rows = list(run.flat())
    named = min(max(2 * depth + len(span.name) for depth, span in rows), _NAME)
    for depth, span in rows:
        offset = None if span.start is None or run.started_at is None else (span.start - run.started_at).total_seconds()
        name = shorten(span.name, named - 2 * depth)
        line = Text("  ").append("" if offset is None else f"+{duration(max(offset, 0))}".rjust(9), style="dim")
        line.pad_right(12 - len(line))
        line.append(f"{'  ' * depth}{name}".ljust(named), style=_KIND_STYLES[span.kind])
        line.append(("" if span.seconds is None else duration(span.seconds)).rjust(10))
        line.append("  ").append_text(_bar(span, offset, run))
        line.pad_right(12 + named + 10 + 2 + _BAR + 2 - len(line))
        note_style = "dim" if span.status == "ok" else STATUS_STYLES[span.status]
        line.append(shorten(_note(span), max(width - len(line), 12)), style=note_style).rstrip()
        yield line


def _bar(span: Span, offset: float | None, run: RunReview) -> Text:
    total = run.seconds
    if offset is None or span.seconds is None or not total:
        return Text("")
    left = min(int(max(offset, 0) / total * _BAR), _BAR - 1)
    length = min(max(round(span.seconds / total * _BAR), 1), _BAR - left)
    style = STATUS_STYLES[span.status] if span.status != "ok" else _KIND_STYLES[span.kind]
    return Text(" " * left + ("━" * length if span.seconds / total * _BAR >= 0.5 else "╸"), style=style)


def _note(span: Span) -> str:
    if span.error:
        return f"error: {shorten(span.error, _LINE)}"
    if span.status != "ok":
        return span.status
    if span.kind == "model" and not span.is_whole and span.start:
        return "from its first token"
    return f"wrote {', '.join(span.wrote)}" if span.wrote else ""


def _model(call: ModelCall) -> Text:
    line = Text(f"  {call.model}", style="magenta").append(f" in {call.node}: {tokens(call.usage)}", style="default")
    if call.seconds is not None:
        line.append(f", {duration(call.seconds)}")
    does = f"calls {', '.join(call.calls)}" if call.calls else shorten(call.text, 60)
    return line.append(f"  {does}", style="dim")


def _tool(call: ToolCall, *, full: bool) -> Text:
    line = Text(f"  → {call.name}(", style="magenta")
    if full:
        line.append(f"{spread(call.arguments)}", style="default")
    elif isinstance(call.arguments, dict):
        line.append(
            shorten(", ".join(f"{key}={compact(value)}" for key, value in call.arguments.items()), _LINE), "default"
        )
    line.append(")").append(f"  {duration(call.seconds)}" if call.seconds is not None else "", style="dim")
    if call.result is None:
        return line.append("\n    no result", style="yellow")
    style = "red" if call.failed else "default"
    return line.append(
        f"\n  ← {spread(call.result) if full else shorten(envelope_text(call.result), _LINE)}", style=style
    )


def _found(query: str, hits: Iterable[Hit]) -> Iterator[Text]:
    if query:
        yield Text(f"  for {shorten(query, _LINE)!r}", style="dim")
    for hit in hits:
        score = "     " if hit.score is None else f"{hit.score:.3f}"
        source = f" ({shorten(hit.source, 40)})" if hit.source else ""
        yield Text(f"  {score} ", style="blue").append(f"{hit.title}{source}: {shorten(hit.text, 60)}", style="default")


def _diff(diff: PlanDiff) -> Iterator[Text]:
    base = f" (from version {diff.base_version})" if diff.base_version else ""
    yield Text(f"  {shorten(diff.summary, _LINE)}{base}")
    for line in change_lines(diff.changes):
        yield Text("  ").append_text(line)


def _question(question: Question) -> Text:
    value = question.value
    asked = value.get("summary") or value.get("question") if isinstance(value, dict) else None
    line = Text(f"  {question.node}: {shorten(str(asked or compact(value)), _LINE)}", style="yellow")
    if not question.is_answered:
        return line.append("\n    not answered yet", style="default")
    return line.append(
        f"\n    answered by run {question.answered_by}: {shorten(compact(question.answer), _LINE)}", "default"
    )


def _happening(run: RunReview, one: Happening) -> Text:
    offset = "" if run.started_at is None else f"+{duration(max((one.at - run.started_at).total_seconds(), 0))}"
    line = Text(f"  {offset:>9} ", style="dim").append(f"{one.name} ", style="not dim cyan")
    return line.append(shorten(one.text, _LINE), style="not dim")


def _cut(text: str, *, full: bool) -> str:
    lines = text.splitlines()
    if full or len(lines) <= _LINES:
        return text
    return "\n".join([*lines[:_LINES], f"… {counted(len(lines) - _LINES, 'more line')} (--full shows them)"])
