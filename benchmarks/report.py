"""What was measured, as Markdown for people and as JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.scenario import Figures, Sample, Scenario, Target

_BEGIN = "<!-- benchmarks: written by python -m benchmarks --write -->"
_END = "<!-- benchmarks: end -->"

FLOOR = "floor"
OURS = "planloom"


@dataclass
class Measured:
    """One scenario's samples by subject, and why a subject has none."""

    scenario: Scenario
    samples: dict[str, list[Sample]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)

    def figures(self, subject: str) -> Figures:
        """A subject's figures over the rounds."""
        samples = self.samples.get(subject, ())
        found = {figure.key: figure.over(samples) for figure in self.scenario.figures}
        return {key: value for key, value in found.items() if value is not None}

    def reached(self, target: Target, subject: str = OURS) -> float | None:
        """What a server reached of a target; None if that could not be measured."""
        try:
            return target.value(self.figures(subject), self.figures(FLOOR))
        except KeyError:
            return None


def conditions(machine: Mapping[str, Any]) -> str:
    """What was measured on, in a line of Markdown."""
    postgres = machine["postgres"]
    return (
        f"{machine['cores']} cores, Python {machine['python']}, Postgres {postgres['server_version']} "
        f"(fsync {postgres['fsync']}, synchronous_commit {postgres['synchronous_commit']}), "
        f"langgraph {machine['packages']['langgraph']}. Client, servers and Postgres share the cores. "
        f"Load average at the start: {machine['load_before']}.\n"
    )


def as_json(measured: Sequence[Measured], machine: Mapping[str, Any]) -> dict[str, Any]:
    """All figures and targets, with what they were measured on."""
    return {
        "machine": dict(machine),
        "scenarios": {
            one.scenario.name: {
                "title": one.scenario.title,
                "figures": {
                    figure.key: {
                        "label": figure.label,
                        "unit": figure.unit,
                        **{
                            subject: round(one.figures(subject)[figure.key], 3)
                            for subject in one.samples
                            if figure.key in one.figures(subject)
                        },
                    }
                    for figure in one.scenario.figures
                },
                "rounds": {subject: len(samples) for subject, samples in one.samples.items()},
                "failures": one.failures,
                "targets": [
                    {
                        "label": target.label,
                        "bound": target.bound,
                        "unit": target.unit,
                        "at_most": target.at_most,
                        "value": round(value, 3),
                        "met": target.is_met(value),
                    }
                    for target in one.scenario.targets
                    if (value := one.reached(target)) is not None
                ],
            }
            for one in measured
        },
    }


def scenario_table(one: Measured) -> str:
    """A scenario's table in Markdown: figures down, subjects across."""
    subjects = list(one.samples)
    lines = [f"### {one.scenario.title}", "", _row(["", *subjects]), _row(["---", *("---:" for _ in subjects)])]
    columns = [one.figures(subject) for subject in subjects]
    for figure in one.scenario.figures:
        if any(figure.key in column for column in columns):
            cells = [_number(column.get(figure.key)) for column in columns]
            lines.append(_row([f"{figure.label}, {figure.unit}", *cells]))
    lines.append("")
    if one.scenario.notes:
        lines += [one.scenario.notes, ""]
    for subject, why in one.failures.items():
        lines += [f"{subject}: {why}", ""]
    return "\n".join(lines)


def target_table(measured: Sequence[Measured]) -> str:
    """What was to be reached, whether Planloom did, and what the other servers reach, in Markdown."""
    others = list(dict.fromkeys(name for one in measured for name in one.samples if name not in (FLOOR, OURS)))
    lines = [
        _row(["", "target", "Planloom", "", *others]),
        _row(["---", "---:", "---:", "---", *("---:" for _ in others)]),
    ]
    for one in measured:
        for target in one.scenario.targets:
            value = one.reached(target)
            if value is not None:
                lines.append(
                    _row([
                        f"{one.scenario.title}: {target.label}",
                        f"{'≤' if target.at_most else '≥'} {target.bound:g} {target.unit}",
                        f"{_number(value)} {target.unit}",
                        "met" if target.is_met(value) else "not met",
                        *(_number(one.reached(target, other)) for other in others),
                    ])
                )  # fmt: skip
    return "\n".join([*lines, ""])


def write_into(file: Path, text: str) -> None:
    """Put `text` between the marks of a Markdown file. Raises `ValueError` if it has none."""
    before, mark, rest = file.read_text().partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not mark or not end:
        raise ValueError(f"{file} has no {_BEGIN} … {_END}")
    file.write_text(f"{before}{_BEGIN}\n{text.strip()}\n{_END}{after}")


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"
