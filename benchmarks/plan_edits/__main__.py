"""`python -m benchmarks.plan_edits`: requests in plain words against the exact edits that they ask for.

Runs with the demo model, or with any other by `--model openai:gpt-4o-mini`, and prints a table; `--json FILE` writes it.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from agent.models import make_model
from benchmarks.plan_edits.asking import ask
from benchmarks.plan_edits.cases import base_plan, hand_written, mutations
from benchmarks.plan_edits.measures import Summary, score, summary
from graphs.coach import COACH


def main() -> None:
    """Ask, measure, report."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--model", default="demo", help="provider:name; demo by default")
    arguments.add_argument("--mutations", type=int, default=300, help="how many cases are made by mutation")
    arguments.add_argument("--misses", action="store_true", help="print the requests that were not met exactly")
    arguments.add_argument("--json", type=Path)
    chosen = arguments.parse_args()
    model, base, console = make_model(COACH.phrases, chosen.model), base_plan(), Console()
    rows: dict[str, Summary] = {}
    for name, cases in (
        ("made by mutation", list(mutations(base, chosen.mutations))),
        ("written by hand", list(hand_written(base))),
    ):
        scores = [score(case, ask(model, COACH, base, case.said), base, COACH) for case in cases]
        rows[name] = summary(scores)
        if chosen.misses:
            missed = [case.said for case, one in zip(cases, scores, strict=True) if not one.exact]
            console.print(f"{name}: not met exactly:", *missed, sep="\n  ", highlight=False)
    _print(console, chosen.model, rows)
    if chosen.json:
        chosen.json.write_text(json.dumps({name: row.to_json() for name, row in rows.items()}, indent=2))


def _print(console: Console, model: str, rows: dict[str, Summary]) -> None:
    table = Table(title=f"Plan edits by {model} (running)")
    for heading in ("", *rows):
        table.add_column(heading, justify="left" if not heading else "right")
    for label, figures in _lines(list(rows.values())):
        table.add_row(label, *figures)
    console.print(table)


def _lines(rows: Sequence[Summary]) -> list[tuple[str, list[str]]]:
    return [
        ("requests", [f"{row.cases}" for row in rows]),
        ("exactly what was asked", [f"{row.exact:.1%}" for row in rows]),
        ("intended changes made", [f"{row.recall:.1%}" for row in rows]),
        ("answered by an edit", [f"{row.edited:.1%}" for row in rows]),
        ("collateral changes", [f"{row.collateral:.2%}" for row in rows]),
        ("breaks no rule", [f"{row.valid:.1%}" for row in rows]),
        ("undo gives the same plan", [f"{row.undone:.1%}" for row in rows]),
        ("repairs a request", [f"{row.repairs:.2f}" for row in rows]),
        ("tokens written a request", [f"{row.tokens:.0f}" for row in rows]),
        ("… if it wrote the whole plan", [f"{row.regenerating:.0f}" for row in rows]),
    ]


if __name__ == "__main__":
    main()
