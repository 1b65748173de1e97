"""Plan edits: requests in plain words whose exact diff is known, of four kinds of plans."""

from dataclasses import dataclass
from functools import cache
from itertools import chain

import pytest
from langchain_core.language_models import BaseChatModel
from langsmith import testing

from agent.models import make_model
from agent.plan.document import PlanDocument
from benchmarks.plan_edits.asking import ask
from benchmarks.plan_edits.cases import Case, Corpus
from benchmarks.plan_edits.corpora import corpora
from benchmarks.plan_edits.measures import facts, score
from tests.evaluations.scores import Scores

SUITE, UNSEEN_SUITE = "plan edits", "plan edits, unseen words"
MADE_BY_MUTATION = 30  # of each kind of plan; python -m benchmarks.plan_edits asks as many as wanted

RECALL, EXACT, COLLATERAL = "intended-change recall", "exact-diff match", "collateral-change rate"
VALID, UNDONE = "breaks no rule", "undo gives the same plan"
LIMITS = {RECALL: 0.85, EXACT: 0.8, COLLATERAL: 0.005, VALID: 0.85, UNDONE: 1.0}
UNSEEN_LIMITS = {RECALL: 0.5, EXACT: 0.5, COLLATERAL: 0.005, UNDONE: 1.0}


@dataclass(frozen=True)
class PlanEdit:
    """A request about one plan; `suite` says whether the grammar was made with requests of its file in view."""

    suite: str
    domain: str
    corpus: Corpus
    case: Case


def cases() -> list[PlanEdit]:
    """Requests written by hand and made by mutation, and those in words that nothing was made for."""
    return [
        PlanEdit(suite, domain, corpus, case)
        for domain, corpus in corpora().items()
        for suite, found in (
            (SUITE, chain(corpus.hand_written(), corpus.mutations(MADE_BY_MUTATION))),
            (UNSEEN_SUITE, corpus.unseen()),
        )
        for case in found
    ]


@cache
def _model(domain: str) -> BaseChatModel:
    return make_model(corpora()[domain].domain.phrases)


@pytest.mark.langsmith(test_suite_name="planloom plan edits")
def test_a_request_becomes_the_edit_that_it_asks_for(case: PlanEdit, scores: Scores) -> None:
    testing.log_inputs({"domain": case.domain, "request": case.case.said})
    testing.log_reference_outputs({"changes": _told(case.corpus, case.case.expected)})
    answer = ask(_model(case.domain), case.corpus, case.case.said)
    one = score(case.case, answer, case.corpus)
    testing.log_outputs({"changes": _told(case.corpus, answer.document), "repairs": one.repairs, "tokens": one.tokens})
    touched = one.met + one.collateral
    for name, value in (
        (RECALL, one.met / one.asked if one.asked else float(one.exact)),
        (EXACT, float(one.exact)),
        (COLLATERAL, one.collateral / touched if touched else 0.0),
        (VALID, float(one.valid)),
        (UNDONE, float(one.undone)),
    ):
        scores.add(case.suite, name, value)
        testing.log_feedback(key=name, score=value)
    assert one.undone, "an edit can be undone, whoever made it"


def test_the_scores_keep_their_limits(scores: Scores) -> None:
    assert scores.beyond(SUITE, LIMITS, at_most=frozenset({COLLATERAL})) == []
    assert scores.beyond(UNSEEN_SUITE, UNSEEN_LIMITS, at_most=frozenset({COLLATERAL})) == []


def _told(corpus: Corpus, document: PlanDocument) -> list[str]:
    return sorted(" ".join(fact) for fact in facts(corpus.base, document))
