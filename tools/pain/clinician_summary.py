"""A page for a clinician: what the person noted and what was computed from it, and nothing that sounds like a finding."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tools.pain.adherence import adherence
from tools.pain.diary_entries import DiaryEntry
from tools.pain.diary_statistics import diary_statistics
from tools.pain.plan_view import read_plan
from tools.pain.progression import advances

NOTICE = "Noted by the person and computed from their notes. Information, not a diagnosis; not a medical device; no examination."
_MOST_NOTES = 5
_MOST_SCORES = 6
_LONGEST = 160


@dataclass(frozen=True)
class Section:
    """A heading with lines below it."""

    heading: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class ClinicianSummary:
    """The page in sections; `markdown` and `tools.pain.clinician_pdf` render the same."""

    title: str
    notice: str
    sections: tuple[Section, ...]

    @property
    def markdown(self) -> str:
        """The page as Markdown; what people wrote is plain text in it."""
        parts = [f"# {self.title}", f"*{self.notice}*"]
        for section in self.sections:
            parts += [f"## {section.heading}", "\n".join(f"- {_escaped(line)}" for line in section.lines)]
        return "\n\n".join(parts) + "\n"


def clinician_summary(
    *,
    today: datetime.date,
    diary: Sequence[DiaryEntry] = (),
    drawings: Sequence[Mapping[str, Any]] = (),
    scores: Sequence[Mapping[str, Any]] = (),
    plan: Mapping[str, Any] | None = None,
) -> ClinicianSummary:
    """The page from what is kept; each part says so where there is nothing."""
    sections = (
        Section("Where it hurts", _where(drawings)),
        Section("Diary", _diary(diary)),
        Section("Questionnaires", _scores(scores)),
        Section("Self-care plan", _plan(plan, today)),
        Section("In the person's own words", _notes(diary)),
    )
    title = f"Pain summary, {today.day} {today:%B %Y}"
    return ClinicianSummary(title, NOTICE, tuple(section for section in sections if section.lines))


def _where(drawings: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    if not drawings:
        return ("No drawing was made.",)
    latest = drawings[-1]
    listed = ", ".join(map(str, latest.get("regions", []))) or "no region of the figure"
    lines = [f"Drawn on {_day(latest)} ({latest.get('view', 'front')} view): {listed}."]
    areas = latest.get("areas", [])
    if areas:
        lines.append(f"{len(areas)} of the 19 areas of the Widespread Pain Index: {', '.join(map(str, areas))}.")
    return tuple(lines)


def _diary(diary: Sequence[DiaryEntry]) -> tuple[str, ...]:
    found = diary_statistics(diary)
    if found is None:
        return ("No diary was kept.",)
    lines = [found.text]
    if found.median_sleep is not None:
        lines.append(f"Sleep: median {found.median_sleep:g} hours where noted.")
    lines.append(f"Some pain medication was noted on {found.medication_days} of the days noted.")
    return tuple(lines)


def _scores(scores: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    return tuple(f"{_day(one)}: {one['text']}" for one in scores[-_MOST_SCORES:] if isinstance(one.get("text"), str))


def _plan(plan: Mapping[str, Any] | None, today: datetime.date) -> tuple[str, ...]:
    if plan is None:
        return ("There is no plan.",)
    meta = plan.get("meta")
    title = str(meta.get("title", "Plan")) if isinstance(meta, Mapping) else "Plan"
    view = read_plan(plan)
    names = sorted({session.title for session in view.sessions})
    lines = [f"{title}: {', '.join(names)}." if names else f"{title}.", adherence(plan, today).text]
    lines += [f"{one.title}: {one.reason}; step {one.step} of 5 next." for one in advances(plan)]
    return tuple(lines)


def _notes(diary: Sequence[DiaryEntry]) -> tuple[str, ...]:
    noted = [entry for entry in diary if entry.note][-_MOST_NOTES:]
    return tuple(f"{entry.day.isoformat()} (pain {entry.pain}): “{_cut(entry.note or '')}”" for entry in noted)


def _day(record: Mapping[str, Any]) -> str:
    return str(record.get("at", ""))[:10]


def _cut(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= _LONGEST else plain[: _LONGEST - 1] + "…"


def _escaped(text: str) -> str:
    """Text without what Markdown or HTML would take for its own."""
    plain = " ".join(text.split())
    for character in "\\`*_[]<>#|":
        plain = plain.replace(character, f"\\{character}")
    return plain
