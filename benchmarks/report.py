"""What was measured, as Markdown for people and as JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.scenario import Figures, Sample, Scenario, Target

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

    def reached(self) -> list[tuple[Target, float]]:
        """The scenario's targets with Planloom's values, those that could be measured."""
        ours, floor = self.figures(OURS), self.figures(FLOOR)
        reached = []
        for target in self.scenario.targets:
            try:
                reached.append((target, target.value(ours, floor)))
            except KeyError:
                continue
        return reached


def as_markdown(measured: Sequence[Measured], machine: Mapping[str, Any]) -> str:
    """A table a scenario, figures down, subjects across, then the targets."""
    postgres = machine["postgres"]
    lines = [
        f"{machine['cores']} cores, Python {machine['python']}, Postgres {postgres['server_version']} "
        f"(fsync {postgres['fsync']}, synchronous_commit {postgres['synchronous_commit']}), "
        f"langgraph {machine['packages']['langgraph']}. Client, servers and Postgres share the cores.",
        "",
    ]
    for one in measured:
        lines += _scenario_lines(one)
    return "\n".join([*lines, *_target_lines(measured)])


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
                    for target, value in one.reached()
                ],
            }
            for one in measured
        },
    }


def _scenario_lines(one: Measured) -> list[str]:
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
    return lines


def _target_lines(measured: Sequence[Measured]) -> list[str]:
    rows = [
        _row([
            f"{one.scenario.title}: {target.label}",
            f"{'≤' if target.at_most else '≥'} {target.bound:g} {target.unit}",
            f"{_number(value)} {target.unit}",
            "met" if target.is_met(value) else "not met",
        ])
        for one in measured
        for target, value in one.reached()
    ]  # fmt: skip
    return ["### Targets", "", _row(["", "target", "measured", ""]), _row(["---", "---:", "---:", "---"]), *rows, ""]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"
