"""How a team does: what was finished, how long it took, how late it was, and who carries what."""

import csv
import datetime
import io
import statistics
from collections import Counter
from dataclasses import dataclass

from tools.process.view import StepItem, TeamPlan


@dataclass(frozen=True)
class PersonLoad:
    """One person's steps in the span: all, done, late, and the working days they take."""

    person: str
    steps: int
    done: int
    late: int
    days: float


@dataclass(frozen=True)
class Report:
    """The steps due in a span of days, and what became of them.

    `completion` is the share that is done or skipped, None without steps; `lead_days` the median days from a step's
    first being in progress to its being done, by the log; `late` those done after their day or still open after it;
    `late_days` the median of how late those were.
    """

    first: datetime.date
    last: datetime.date
    steps: int
    done: int
    completion: float | None
    lead_days: float | None
    late: int
    late_days: float | None
    people: tuple[PersonLoad, ...]

    def markdown(self) -> str:
        """Return the report as Markdown: the figures, then a table by person."""
        lines = [
            f"## {self.first} to {self.last}",
            "",
            f"- Steps due: {self.steps}, finished: {self.done}" + _share(self.completion),
            f"- Lead time (median): {_days(self.lead_days)}",
            f"- Late: {self.late}, by {_days(self.late_days)} (median)" if self.late else "- Late: none",
            "",
            "| person | steps | done | late | days of work |",
            "|---|---|---|---|---|",
            *(f"| {p.person or 'nobody'} | {p.steps} | {p.done} | {p.late} | {p.days:g} |" for p in self.people),
        ]
        return "\n".join(lines)

    def csv(self) -> str:
        """Return the table by person as CSV with a heading; a text that begins like a formula gets an apostrophe."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["person", "steps", "done", "late", "days_of_work"])
        writer.writerows([_plain(p.person), p.steps, p.done, p.late, f"{p.days:g}"] for p in self.people)
        return out.getvalue()


def report(plan: TeamPlan, first: datetime.date, last: datetime.date, today: datetime.date) -> Report:
    """Return the report on the steps of all events that are due from `first` to `last`. Raises ValueError if reversed."""
    if last < first:
        raise ValueError(f"The span is reversed: {first} to {last}.")
    steps = [s for s in plan.steps.values() if plan.event_of(s) is not None and s.due and first <= s.due <= last]
    finished = _finished(plan)
    started = _started(plan)
    leads = [
        (finished[step.id] - started[step.id]).total_seconds() / 86_400
        for step in steps
        if step.data.status == "done" and step.id in finished and step.id in started
    ]
    late = {step.id: days for step in steps if (days := _late(step, finished, today)) > 0}
    done = sum(not step.is_open for step in steps)
    return Report(
        first=first,
        last=last,
        steps=len(steps),
        done=done,
        completion=done / len(steps) if steps else None,
        lead_days=statistics.median(leads) if leads else None,
        late=len(late),
        late_days=statistics.median(late.values()) if late else None,
        people=_people(steps, late),
    )


def _late(step: StepItem, finished: dict[str, datetime.datetime], today: datetime.date) -> int:
    if step.due is None or step.data.status == "skipped":
        return 0
    if step.is_open:
        return (today - step.due).days
    ended = finished.get(step.id)
    return (ended.date() - step.due).days if ended else 0


def _finished(plan: TeamPlan) -> dict[str, datetime.datetime]:
    """The last moment at which each step became done."""
    found: dict[str, datetime.datetime] = {}
    for change in plan.changes.values():
        if change.data.after == "done" and change.parent and change.at:
            found[change.parent] = max(found.get(change.parent, change.at), change.at)
    return found


def _started(plan: TeamPlan) -> dict[str, datetime.datetime]:
    """The first moment at which each step was in progress."""
    found: dict[str, datetime.datetime] = {}
    for change in plan.changes.values():
        if change.data.after == "in_progress" and change.parent and change.at:
            found[change.parent] = min(found.get(change.parent, change.at), change.at)
    return found


def _people(steps: list[StepItem], late: dict[str, int]) -> tuple[PersonLoad, ...]:
    counts = Counter(step.data.owner or "" for step in steps)
    found = []
    for person, count in sorted(counts.items(), key=lambda pair: (not pair[0], pair[0])):
        own = [step for step in steps if (step.data.owner or "") == person]
        done = sum(not step.is_open for step in own)
        found.append(PersonLoad(person, count, done, sum(s.id in late for s in own), sum(s.data.days for s in own)))
    return tuple(found)


def _share(share: float | None) -> str:
    return "" if share is None else f" ({share:.0%})"


def _days(days: float | None) -> str:
    if days is None:
        return "unknown"
    return f"{days:.1f} day" if abs(days - 1) < 0.05 else f"{days:.1f} days"


def _plain(text: str) -> str:
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
