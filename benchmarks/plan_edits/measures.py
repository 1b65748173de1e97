"""What an edit did against what was asked for, field by field."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from agent.domain import Circumstances
from agent.plan.diff import apply, diff, invert
from agent.plan.document import PlanDocument, canonical_json
from benchmarks.plan_edits.asking import Answer, estimated_tokens
from benchmarks.plan_edits.cases import Case, Corpus
from tools.issues import introduced

Fact = tuple[str, str, str]


@dataclass(frozen=True)
class Score:
    """One case: facts asked for and met, fields touched that nobody named, and what became of the plan."""

    asked: int
    met: int
    collateral: int
    exact: bool
    edited: bool
    valid: bool
    undone: bool
    repairs: int
    tokens: int
    regenerating: int


@dataclass(frozen=True)
class Summary:
    """A table's row: rates are between 0 and 1, of all cases but `collateral`, which is per changed field."""

    cases: int
    recall: float
    exact: float
    edited: float
    collateral: float
    valid: float
    undone: float
    repairs: float
    tokens: float
    regenerating: float

    def to_json(self) -> dict[str, float]:
        """The figures by name."""
        return asdict(self)


def score(case: Case, answer: Answer, corpus: Corpus) -> Score:
    """Measure one answer."""
    base = corpus.base
    asked, done = facts(base, case.expected), facts(base, answer.document)
    named = {(item, field) for item, field, _ in asked}
    change = diff(base, answer.document)
    return Score(
        asked=len(asked),
        met=len(asked & done),
        collateral=sum((item, field) not in named for item, field, _ in done),
        exact=asked == done,
        edited=answer.edited,
        valid=not _errors(answer.document, corpus),
        undone=canonical_json(apply(answer.document, invert(change))) == canonical_json(base),
        repairs=answer.repairs,
        tokens=answer.tokens,
        regenerating=estimated_tokens(canonical_json(answer.document).decode()),
    )


def facts(base: PlanDocument, document: PlanDocument) -> set[Fact]:
    """A diff as single facts: which item, which field, and what it is now. Ranks are nobody's wish and not counted."""
    change = diff(base, document)
    found = {("", ".".join(one.path), repr(one.after)) for one in change.meta}
    found |= {(item_id, "", "added") for item_id in change.added}
    found |= {(item_id, "", "removed") for item_id in change.removed}
    found |= {
        (item_id, ".".join(one.path), repr(one.after)) for item_id, ones in change.changed.items() for one in ones
    }
    moves = change.moved.items()
    found |= {(item_id, "parent", str(m.after.parent)) for item_id, m in moves if m.before.parent != m.after.parent}
    return found


def summary(scores: Sequence[Score]) -> Summary:
    """All cases of a kind."""
    count, fields = len(scores), sum(one.met + one.collateral for one in scores)
    return Summary(
        cases=count,
        recall=sum(one.met for one in scores) / sum(one.asked for one in scores),
        exact=sum(one.exact for one in scores) / count,
        edited=sum(one.edited for one in scores) / count,
        collateral=sum(one.collateral for one in scores) / fields if fields else 0.0,
        valid=sum(one.valid for one in scores) / count,
        undone=sum(one.undone for one in scores) / count,
        repairs=sum(one.repairs for one in scores) / count,
        tokens=sum(one.tokens for one in scores) / count,
        regenerating=sum(one.regenerating for one in scores) / count,
    )


def _errors(after: PlanDocument, corpus: Corpus) -> bool:
    circumstances, validate = Circumstances(corpus.now), corpus.domain.validate
    old, new = corpus.base.to_json(), after.to_json()
    known = validate(old, base=None, circumstances=circumstances)
    found = introduced(known, validate(new, base=old, circumstances=circumstances))
    return any(issue.severity == "error" for issue in found)
