"""Writes what the conformance suite found into README.md (a table) and COMPATIBILITY.md (what differs on purpose).

Usage: pytest tests/conformance --junit-xml results.xml && python -m tests.conformance.compatibility results.xml
"""

import sys
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path
from xml.etree import ElementTree

from tests.conformance.case import Case
from tests.conformance.cases import ALL

REPO = Path(__file__).parents[2]
BEGIN = "<!-- compatibility: written by tests/conformance/compatibility.py -->"
END = "<!-- compatibility: end -->"
_TEST = "test_both_servers_show_the_same"


class IncompleteResultsError(Exception):
    """The results do not say of every case that it passed."""


def passed(results: Path) -> set[str]:
    """The ids of the cases that passed, of a JUnit file."""
    tests = ElementTree.parse(results).getroot().iter("testcase")
    fine = (test.get("name", "") for test in tests if not len(test))  # a failure, error or skip is a child
    return {name.removeprefix(f"{_TEST}[").removesuffix("]") for name in fine if name.startswith(f"{_TEST}[")}


def table(cases: Sequence[Case]) -> str:
    """The README's table: how many cases of each group are alike, and how many differ on purpose."""
    lines = ["| what is compared | cases | alike | different on purpose |", "|---|---|---|---|"]
    for group, members in _groups(cases):
        different = sum(case.because is not None for case in members)
        lines.append(f"| {group} | {len(members)} | {len(members) - different} | {different} |")
    different = sum(case.because is not None for case in cases)
    lines.append(f"| **all** | **{len(cases)}** | **{len(cases) - different}** | **{different}** |")
    return "\n".join(lines)


def differences(cases: Sequence[Case]) -> str:
    """COMPATIBILITY.md: what differs on purpose, with the reasons."""
    lines = [
        "# Where Planloom and the official dev server differ on purpose",
        "",
        "Written by `tests/conformance/compatibility.py` from the cases of `tests/conformance`, which start both servers and",
        "compare them. Where the official server is wrong or loses something, Planloom does what its documentation, the",
        "OpenAPI document or the SDKs say.",
    ]
    for group, members in _groups(cases):
        told = [f"- *{case.sentence}*: {case.because}." for case in members if case.because is not None]
        if told:
            lines += ["", f"## {group[0].upper()}{group[1:]}", "", *told]
    left_out = {key: reason for case in cases for key, reason in case.but_for.items()}
    lines += ["", "## Left out of comparisons", "", "Besides ids, times and what a server says of itself:", ""]
    lines += [f"- `{key}`: {reason}." for key, reason in sorted(left_out.items())]
    return "\n".join(lines) + "\n"


def with_table(readme: str, cases: Sequence[Case]) -> str:
    """The README with the table between its marks."""
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    if not rest or not after:
        raise ValueError(f"README.md has no {BEGIN} … {END}")
    return f"{before}{BEGIN}\n{table(cases)}\n{END}{after}"


def main(results: Path) -> None:
    """Write both files. Raises `IncompleteResultsError` unless every case passed."""
    missing = [case.id for case in ALL if case.id not in passed(results)]
    if missing:
        raise IncompleteResultsError(f"{len(missing)} of {len(ALL)} cases did not pass: {', '.join(missing[:5])}")
    readme = REPO / "README.md"
    readme.write_text(with_table(readme.read_text(encoding="utf-8"), ALL), encoding="utf-8")
    (REPO / "COMPATIBILITY.md").write_text(differences(ALL), encoding="utf-8")


def _groups(cases: Iterable[Case]) -> list[tuple[str, list[Case]]]:
    return [(group, list(members)) for group, members in groupby(cases, key=lambda case: case.group)]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
