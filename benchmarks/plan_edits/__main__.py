"""`python -m benchmarks.plan_edits`: requests in plain words against the exact edits that they ask for, per domain.

Runs with the demo model, or with any other by `--model openai:gpt-4o-mini`, and prints tables; `--json FILE` writes them.
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
from benchmarks.plan_edits.cases import Case, Corpus
from benchmarks.plan_edits.corpora import corpora
from benchmarks.plan_edits.measures import Score, Summary, score, summary

MADE, WRITTEN = "made by mutation", "written by hand"


def main() -> None:
    """Ask, measure, report."""
    known = corpora()
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--model", default="demo", help="provider:name; demo by default")
    arguments.add_argument("--domain", action="append", choices=sorted(known), help="only these; all by default")
    arguments.add_argument("--mutations", type=int, default=300, help="how many cases a domain are made by mutation")
    arguments.add_argument("--misses", action="store_true", help="print the requests that were not met exactly")
    arguments.add_argument("--json", type=Path)
    chosen = arguments.parse_args()
    console, figures = Console(), {}
    every: list[Score] = []
    for name in chosen.domain or sorted(known):
        rows: dict[str, Summary] = {}
        for kind, cases in (
            (MADE, list(known[name].mutations(chosen.mutations))),
            (WRITTEN, list(known[name].hand_written())),
        ):
            scores = _scores(known[name], cases, chosen.model)
            every += scores
            rows[kind] = summary(scores)
            if chosen.misses:
                missed = [case.said for case, one in zip(cases, scores, strict=True) if not one.exact]
                console.print(f"{name}, {kind}: not met exactly:", *missed, sep="\n  ", highlight=False)
        figures[name] = rows
        _print(console, f"Plan edits by {chosen.model} ({name})", rows)
    if len(figures) > 1:
        figures["all"] = {"all requests": summary(every)}
        _print(console, f"Plan edits by {chosen.model} (all domains)", figures["all"])
    if chosen.json:
        told = {name: {kind: row.to_json() for kind, row in rows.items()} for name, rows in figures.items()}
        chosen.json.write_text(json.dumps(told, indent=2))


def _scores(corpus: Corpus, cases: Sequence[Case], model_name: str) -> list[Score]:
    model = make_model(corpus.domain.phrases, model_name)
    return [score(case, ask(model, corpus, case.said), corpus) for case in cases]


def _print(console: Console, title: str, rows: dict[str, Summary]) -> None:
    table = Table(title=title)
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
        ("… that is, times as many", [f"{row.regenerating / row.tokens:.0f}" if row.tokens else "-" for row in rows]),
    ]


if __name__ == "__main__":
    main()
