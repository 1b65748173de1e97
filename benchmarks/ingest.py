"""`python -m benchmarks.ingest`: how fast documents become passages, without embedding them, in pages a second of CPU.

A PDF of 200 full pages, made here, is read and cut as a room does it; it must reach 20 pages a second.
"""

from __future__ import annotations

import argparse
import io
import random
import statistics
import time

from reportlab.pdfgen.canvas import Canvas
from rich.console import Console
from rich.table import Table

from tools.documents.chunks import passages
from tools.documents.read import read_document

PAGES, LINES, WORDS = 200, 45, 13
LEAST_PAGES_A_SECOND = 20
SEED = 7


def main() -> None:
    """Measure and report; the exit code says whether the figure is reached."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=5, help="how often it is read; the median counts")
    content = book()
    reading, cutting, count = [], [], 0
    for _ in range(arguments.parse_args().rounds):
        begun = time.process_time()
        document = read_document(content, "book.pdf")
        read = time.process_time()
        count = len(passages(document))
        reading.append(read - begun)
        cutting.append(time.process_time() - read)
    read_s, cut_s = statistics.median(reading), statistics.median(cutting)
    rate = PAGES / (read_s + cut_s)
    table = Table(title=f"Ingest: {PAGES} pages of {LINES} lines, {len(content) / 1000:.0f} KB, {count:,} passages")
    for heading in ("", "measured", "must reach", ""):
        table.add_column(heading, justify="right" if heading else "left")
    reached = rate >= LEAST_PAGES_A_SECOND
    table.add_row("reading", f"{read_s:.2f} s", "", "")
    table.add_row("cutting into passages", f"{cut_s:.2f} s", "", "")
    table.add_row("both", f"{rate:.0f} pages/s", f"{LEAST_PAGES_A_SECOND} pages/s", "yes" if reached else "NO")
    Console().print(table)
    raise SystemExit(0 if reached else 1)


def book() -> bytes:
    """A PDF of full pages on which no two lines are alike; the same one each time."""
    # not for secrets: the same seed makes the same book
    chance = random.Random(SEED)
    words = ["".join(chance.choices("abcdefghijklmnoprstuvw", k=chance.randint(2, 9))) for _ in range(4_000)]
    out = io.BytesIO()
    canvas = Canvas(out, invariant=1)
    for _ in range(PAGES):
        for line in range(LINES):
            canvas.drawString(72, 780 - 15 * line, " ".join(chance.choices(words, k=WORDS)))
        canvas.showPage()
    canvas.save()
    return out.getvalue()


if __name__ == "__main__":
    main()
