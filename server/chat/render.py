"""How events look in a terminal: pure functions from an event to rich text. Without colours they still read well."""

import json
from collections.abc import Sequence
from typing import Any

from rich.text import Text

from server.chat.decisions import ActionRequest, DecisionType, ReviewRequest, prompt_for
from server.chat.plan_events import (
    Change,
    Conflict,
    Hit,
    Issue,
    MemoryFailed,
    MemoryForgotten,
    MemorySaved,
    OtherEvent,
    PlanConflict,
    PlanDiff,
    PlanDraft,
    PlanIssues,
    PlanVersion,
    RetrievalFailed,
    RetrievalHits,
    SafetyChecked,
    SafetyEscalated,
    Summarised,
    ToolsUnavailable,
)
from server.chat.run_events import ModelNamed, RunEvent, RunFailed, ToolAnswered, ToolCalled

_CHANGE_MARKS = {
    "added": ("+", "green"),
    "removed": ("-", "red"),
    "changed": ("~", "yellow"),
    "moved": ("~", "cyan"),
}
_SEVERITY_STYLES = {"error": "bold red", "warning": "yellow", "info": "dim"}
_LINE = 100
_SHOWN_CHANGES = 12  # of a diff; a first plan adds every item, and its draft has shown them


def render(event: RunEvent) -> Text | None:
    """The block of lines that shows `event`; None for events that are shown otherwise (tokens, interrupts)."""
    shown: Text | None = None
    match event:
        case RetrievalHits():
            shown = _retrieval(event)
        case RetrievalFailed() | ToolsUnavailable():
            shown = _missing(event)
        case PlanDraft():
            shown = _draft(event)
        case PlanDiff():
            shown = _diff(event)
        case PlanIssues():
            shown = _issues(event)
        case PlanVersion():
            shown = _version(event)
        case PlanConflict():
            heading = Text("others changed the same meanwhile:", style="bold yellow")
            shown = _lines(heading, map(conflict_line, event.conflicts))
        case MemorySaved() | MemoryForgotten() | MemoryFailed() | Summarised() | SafetyChecked() | SafetyEscalated():
            shown = _aside(event)
        case ToolCalled():
            shown = Text(f"→ {event.name}({shorten(_arguments(event.arguments))})", style="magenta")
        case ToolAnswered():
            shown = _answer(event)
        case RunFailed():
            shown = Text(f"The run failed: {event.error}: {event.message}", style="bold red")
        case OtherEvent():
            data = shorten(json.dumps(event.data, ensure_ascii=False))
            shown = Text(f"· {event.type} {data}", style="dim")
    return shown


def model_label(model: ModelNamed) -> Text:
    """The line that says who speaks; the demo model is called what it is."""
    if not model.offline:
        return Text(f"model: {model.name}", style="dim")
    return Text(
        f"model: {model.name} (a keyless demo: deterministic rules, NOT a language model; "
        "set OPENAI_API_KEY or OPENAI_BASE_URL for one)",
        style="bold yellow",
    )


def review_question(action: ActionRequest, allowed: tuple[DecisionType, ...], request: ReviewRequest) -> Text:
    """What the agent wants to do, its changes by number where there are several, and the answers it takes."""
    wanted = request.summary or action.description or f"{action.name}({_arguments(action.args)})"
    question = Text("approval wanted: ", style="bold yellow").append(wanted, style="not bold default")
    if request.problem:
        question = Text(f"{request.problem}\n", style="bold red").append_text(question)
    if len(request.changes) > 1:
        question.append_text(_numbered(request))
    if request.conflicts:
        question.append("\nothers changed the same meanwhile:", style="bold yellow")
        for conflict in request.conflicts:
            question.append("\n").append_text(conflict_line(conflict))
    question.append(f"\n{prompt_for(allowed, len(request.changes))}", style="dim not bold")
    return question


def conflict_question(conflict: Conflict) -> Text:
    """The two sides of a conflict that a person chooses from."""
    question = Text(f"whose {_place(conflict)} is kept? ", style="bold yellow")
    ours, theirs, base = (_side(conflict, side) for side in (conflict.ours, conflict.theirs, conflict.base))
    sides = f"[o]urs: {ours}, [t]heirs: {theirs} (before: {base})"
    return question.append(sides, style="not bold default")


def change_lines(changes: Sequence[Change]) -> list[Text]:
    """A line for each change, up to a dozen."""
    shown = [_change(change) for change in changes[:_SHOWN_CHANGES]]
    if left := len(changes) - len(shown):
        shown.append(Text(f"  … and {_count(left, 'more change')}", style="dim"))
    return shown


def conflict_line(conflict: Conflict) -> Text:
    """What collides, with both values and the side that is kept."""
    sides = f"{_side(conflict, conflict.ours)} here, {_side(conflict, conflict.theirs)} there; kept {conflict.kept}"
    return Text(f"  ! {_place(conflict)}: {sides}", style="yellow")


def past_message(message: dict[str, Any], text: str) -> Text | None:
    """A message of an earlier turn; None for those a person did not see as such."""
    if not text or message.get("type") not in ("human", "ai"):
        return None
    return Text(f"> {text}", style="bold") if message["type"] == "human" else Text(text)


def shorten(text: str, width: int = _LINE) -> str:
    """`text` on one line of at most `width` characters, its white space made single."""
    line = " ".join(text.split())
    return line if len(line) <= width else line[: width - 1].rstrip() + "…"


def _aside(
    event: MemorySaved | MemoryForgotten | MemoryFailed | Summarised | SafetyChecked | SafetyEscalated,
) -> Text | None:
    """What went on beside the answer, in a line."""
    match event:
        case MemorySaved():
            return Text(f"remembered: {event.text}", style="dim")
        case MemoryForgotten():
            return Text(f"forgotten: {event.text}", style="dim")
        case MemoryFailed():
            return Text(f"nothing of this could be remembered: {event.reason}", style="yellow")
        case Summarised():
            return Text(f"summarised {_count(event.removed, 'earlier message')}", style="dim")
        case SafetyChecked():
            held = {"held": "plan edits are held", "released": "plan edits are possible again"}.get(event.outcome)
            return Text(f"safety: {held} ({event.code})", style="yellow") if held else None
        case SafetyEscalated():
            numbers = ", ".join(f"{one.label} {one.contact}" for one in event.resources)
            return Text(f"safety ({event.level}): {numbers}", style="bold red")


def _retrieval(event: RetrievalHits) -> Text | None:
    if not event.hits:
        return None
    return _lines(Text(f"found {_count(len(event.hits), 'passage')}", style="blue"), map(_hit, event.hits))


def _missing(event: RetrievalFailed | ToolsUnavailable) -> Text:
    """What the turn goes on without."""
    if isinstance(event, RetrievalFailed):
        return Text(f"nothing could be looked up: {event.reason}", style="yellow")
    servers = "; ".join(server.reason or server.name for server in event.servers)
    return Text(f"tools are missing: {servers}", style="yellow")


def _hit(hit: Hit) -> Text:
    score = "" if hit.score is None else f"{hit.score:.2f} "
    source = shorten(hit.source, 40)
    named = f"{hit.title} ({source})" if source and hit.title else hit.title or source
    return Text(f"  {score}{named}", style="blue").append(f": {shorten(hit.text, 60)}" if hit.text else "", style="dim")


def _draft(event: PlanDraft) -> Text:
    told = event.summary if event.title in event.summary else f"{event.title}: {event.summary}"
    heading = Text("plan draft: ", style="bold green").append(told, style="not bold")
    lines = [Text(f"  {line}") for line in event.text.plain.splitlines() if line != event.summary]
    assumed = [Text(f"  assumed: {assumption}", style="dim") for assumption in event.assumptions]
    return _lines(heading, [*lines, *assumed])


def _diff(event: PlanDiff) -> Text:
    heading = Text("plan diff: ", style="bold").append(event.summary or event.text.plain, style="not bold")
    return _lines(heading, change_lines(event.changes))


def _change(change: Change) -> Text:
    mark, style = _CHANGE_MARKS.get(change.kind, ("~", "yellow"))
    return Text(f"  {mark} {change.id or 'plan'}  {change.text or change.title}", style=style)


def _numbered(request: ReviewRequest) -> Text:
    lines = Text()
    for number, change in enumerate(request.changes[:_SHOWN_CHANGES], start=1):
        mark, style = _CHANGE_MARKS.get(change.kind, ("~", "yellow"))
        lines.append(f"\n  {number} {mark} {change.text or change.title}", style=f"{style} not bold")
    if left := len(request.changes) - _SHOWN_CHANGES:
        lines.append(f"\n  … and {_count(left, 'more change')}" if left > 0 else "", style="dim not bold")
    return lines


def _place(conflict: Conflict) -> str:
    path = conflict.path[1:] if conflict.path[:1] == ("data",) else conflict.path
    return " ".join((conflict.id or "plan", *path))


def _side(conflict: Conflict, value: Any) -> str:
    """One side's value in a few words: an item by its title, a place by what it is under."""
    if isinstance(value, dict) and isinstance(value.get("title"), str):
        return str(value["title"])
    if conflict.kind == "move" and isinstance(value, list) and value:
        return f"under {value[0] or 'nothing'}"
    if value is None:
        return "nothing"
    return shorten(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False), 40)


def _issues(event: PlanIssues) -> Text:
    if not event.issues:
        return Text("plan checked: no issues", style="green")
    return _lines(Text(f"plan checked: {_count(len(event.issues), 'issue')}"), map(_issue, event.issues))


def _issue(issue: Issue) -> Text:
    where = f" ({', '.join(issue.ids)})" if issue.ids else ""
    return Text(f"  {issue.severity}: {issue.message}{where}", style=_SEVERITY_STYLES.get(issue.severity, "default"))


def _version(event: PlanVersion) -> Text:
    kind = f" ({event.kind})" if event.kind else ""
    return Text(f"plan saved as version {event.version}{kind}", style="bold green")


def _answer(event: ToolAnswered) -> Text:
    style = "red" if event.failed else "dim magenta"
    return Text(f"← {event.name}: {shorten(envelope_text(event.content))}", style=style)


def envelope_text(content: str) -> str:
    """Planloom's tools answer with an envelope whose `text` is for reading; other tools answer as they like."""
    try:
        envelope = json.loads(content)
    except json.JSONDecodeError:
        return content
    text = envelope.get("text") if isinstance(envelope, dict) else None
    return text if isinstance(text, str) and text else content


def _arguments(arguments: dict[str, Any]) -> str:
    return ", ".join(f"{key}={json.dumps(value, ensure_ascii=False)}" for key, value in arguments.items())


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _lines(heading: Text, rest: Any) -> Text:
    return Text("\n").join([heading, *rest])
