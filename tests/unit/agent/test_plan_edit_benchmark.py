"""The plan-edit benchmark: the demo model touches nothing that nobody named, and the measures would see it if it did."""

import random
from itertools import islice

import pytest

from agent.models import make_model
from agent.plan.document import PlanDocument
from benchmarks.plan_edits.asking import Answer, ask
from benchmarks.plan_edits.cases import Case, Corpus
from benchmarks.plan_edits.corpora import corpora
from benchmarks.plan_edits.measures import score, summary

CORPORA = corpora()
RUNNING = CORPORA["running"]
EACH = 30


@pytest.mark.parametrize("kind", ["made", "written"])
@pytest.mark.parametrize("corpus", CORPORA.values(), ids=CORPORA)
def test_the_demo_model_makes_the_edits_that_were_asked_for_or_none(corpus: Corpus, kind: str) -> None:
    model = make_model(corpus.domain.phrases, "demo", env={})
    cases = islice(corpus.hand_written() if kind == "written" else corpus.mutations(EACH), EACH)
    scores = [score(case, ask(model, corpus, case.said), corpus) for case in cases]
    row = summary(scores)
    assert (row.collateral, row.undone) == (0, 1)
    assert row.exact > 0.7
    assert row.tokens * 10 < row.regenerating


@pytest.mark.parametrize("corpus", CORPORA.values(), ids=CORPORA)
def test_each_domains_requests_differ_and_change_its_plan(corpus: Corpus) -> None:
    written = [*corpus.hand_written(), *corpus.unseen()]
    assert len({case.said for case in written}) == len(written)
    assert all(case.expected != corpus.base for case in written)
    assert corpus.mutate(corpus.base.to_json()["items"], random.Random(1))


def test_there_are_a_hundred_requests_written_by_hand() -> None:
    assert sum(1 for corpus in CORPORA.values() for _ in corpus.hand_written()) >= 100


def test_the_measures_see_what_is_missed_and_what_nobody_named() -> None:
    record = RUNNING.base.to_json()
    record["items"]["w3-long"]["data"]["km"] = 12
    record["items"]["w3-tempo"]["title"] = "Asked"
    case = Case("…", PlanDocument.from_json(record), made=False)
    record["items"]["w3-tempo"]["title"] = "Tempo"
    del record["items"]["w5-easy1"]
    answer = Answer(PlanDocument.from_json(record), edited=True, repairs=1, tokens=10)
    one = score(case, answer, RUNNING)
    assert (one.asked, one.met, one.collateral, one.exact, one.undone) == (2, 1, 1, False, True)
    row = summary([one])
    assert (row.recall, row.collateral, row.repairs) == (0.5, 0.5, 1)
