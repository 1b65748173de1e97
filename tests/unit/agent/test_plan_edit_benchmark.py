"""The plan-edit benchmark: the demo model touches nothing that nobody named, and the measures would see it if it did."""

from collections.abc import Callable, Iterator
from itertools import islice

import pytest

from agent.models import make_model
from agent.plan.document import PlanDocument
from benchmarks.plan_edits.asking import Answer, ask
from benchmarks.plan_edits.cases import Case, base_plan, hand_written, mutations
from benchmarks.plan_edits.measures import score, summary
from graphs.coach import COACH

BASE = base_plan()


def made(base: PlanDocument) -> Iterator[Case]:
    return mutations(base, 40)


@pytest.mark.parametrize("cases", [made, hand_written])
def test_the_demo_model_makes_the_edits_that_were_asked_for_or_none(
    cases: Callable[[PlanDocument], Iterator[Case]],
) -> None:
    model = make_model(COACH.phrases, "demo", env={})
    scores = [score(case, ask(model, COACH, BASE, case.said), BASE, COACH) for case in islice(cases(BASE), 40)]
    assert [one for one in scores if one.edited and not one.exact] == []
    row = summary(scores)
    assert (row.collateral, row.undone) == (0, 1)
    assert row.exact > 0.7
    assert row.tokens * 10 < row.regenerating


def test_there_are_a_hundred_different_requests_written_by_hand() -> None:
    assert len({case.said for case in hand_written(BASE)}) == 100


def test_the_measures_see_what_is_missed_and_what_nobody_named() -> None:
    record = BASE.to_json()
    record["items"]["w3-long"]["data"]["km"] = 12
    record["items"]["w3-tempo"]["title"] = "Asked"
    case = Case("…", PlanDocument.from_json(record), made=False)
    record["items"]["w3-tempo"]["title"] = "Tempo"
    del record["items"]["w5-easy1"]
    answer = Answer(PlanDocument.from_json(record), edited=True, repairs=1, tokens=10)
    one = score(case, answer, BASE, COACH)
    assert (one.asked, one.met, one.collateral, one.exact, one.undone) == (2, 1, 1, False, True)
    row = summary([one])
    assert (row.recall, row.collateral, row.repairs) == (0.5, 0.5, 1)
