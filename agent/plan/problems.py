"""What can be wrong with a plan or with a change to one, as data that a person or a model can act on.

PlanError
├── DocumentError   a document is not a plan: unknown parent, cycle, bad number, …
├── DiffError       a diff does not fit the document it is applied to
├── EditError       typed edits cannot be compiled (`edits.py`)
├── PatchError      a JSON Patch is refused (`json_patch.py`)
└── ChoiceError     a choice between two sides names no conflict (`resolve.py`)
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Problem:
    """One thing to put right. `op_index` counts from 0; None means the whole change or document."""

    op_index: int | None
    code: str
    message: str
    nearest: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The same as plain JSON."""
        return {
            "op_index": self.op_index,
            "code": self.code,
            "message": self.message,
            "nearest": list(self.nearest),
        }

    def __str__(self) -> str:
        where = "" if self.op_index is None else f"op {self.op_index}: "
        hint = f" (nearest: {', '.join(self.nearest)})" if self.nearest else ""
        return f"{where}{self.message}{hint}"


class PlanError(Exception):
    """Anything the plan kernel raises on purpose; `problems` is never empty."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(str(problem) for problem in self.problems))

    @classmethod
    def of(cls, code: str, message: str) -> PlanError:
        """An error with a single problem that belongs to no op."""
        return cls([Problem(None, code, message)])


class DocumentError(PlanError):
    """A document is not a plan."""


class DiffError(PlanError):
    """A diff does not fit the document: what it says was there is not, or documents are of two domains."""


class EditError(PlanError):
    """Typed edits cannot be compiled; nothing was changed."""


class PatchError(PlanError):
    """A JSON Patch is refused or does not apply; nothing was changed."""


class ChoiceError(PlanError):
    """A choice between two sides is for something that is not in conflict."""


def nearest(wanted: str, known: Iterable[str], count: int = 3) -> tuple[str, ...]:
    """Up to `count` of `known` that look most like `wanted`, best first."""
    return tuple(difflib.get_close_matches(wanted, list(known), n=count, cutoff=0.4))
