"""Committing with a choice for each conflict, onto a certain head only, and undoing what later changes cover."""

from uuid import UUID

import pytest

from agent.plan.merge import Side
from agent.plan.problems import ChoiceError
from agent.plan.records import Conflicted
from agent.plan.repository import Committed, HeadMovedError, PlanRepository, Proposal, Settlement
from tests.integration.plan.conftest import made, proposal, started, weeks, with_values

LONG, TEMPO = "/items/w1-long/data/km", "/items/w1-tempo/data/km"


@pytest.fixture
async def collision(repository: PlanRepository) -> Proposal:
    """A proposal on version 1 of a plan whose version 2 changed the same two runs."""
    first = await started(repository)
    await made(repository, proposal(first.plan_id, 1, with_values(weeks(), w1_long=20, w1_tempo=9)))
    return proposal(first.plan_id, 1, with_values(weeks(), w1_long=12, w1_tempo=6, w2_long=13))


def chosen(head: int | None = None, **sides: Side) -> Settlement:
    return Settlement({f"/items/{name.replace('_', '-')}/data/km": side for name, side in sides.items()}, head)


async def km(repository: PlanRepository, plan_id: UUID) -> dict[str, int]:
    head = await repository.head(plan_id)
    assert head is not None
    return {name: head.document.items[name].data["km"] for name in ("w1-long", "w1-tempo", "w2-long")}


async def test_each_conflict_goes_the_way_it_was_chosen(repository: PlanRepository, collision: Proposal) -> None:
    asked = await repository.commit(collision)
    assert isinstance(asked, Conflicted)
    assert {one.pointer for one in asked.conflicts} == {LONG, TEMPO}

    outcome = await repository.commit(collision, settlement=chosen(2, w1_long="ours", w1_tempo="theirs"))

    assert isinstance(outcome, Committed)
    assert {one.pointer: one.kept for one in outcome.conflicts} == {LONG: "ours", TEMPO: "theirs"}
    assert await km(repository, collision.plan_id) == {"w1-long": 12, "w1-tempo": 9, "w2-long": 13}


async def test_a_conflict_that_nobody_chose_in_still_waits(repository: PlanRepository, collision: Proposal) -> None:
    outcome = await repository.commit(collision, settlement=chosen(w1_long="ours"))
    assert isinstance(outcome, Conflicted)
    assert await km(repository, collision.plan_id) == {"w1-long": 20, "w1-tempo": 9, "w2-long": 12}


async def test_choices_made_before_the_plan_moved_on_are_asked_for_again(
    repository: PlanRepository, collision: Proposal
) -> None:
    settlement = chosen(2, w1_long="ours", w1_tempo="ours")
    await made(repository, proposal(collision.plan_id, 2, with_values(weeks(), w1_long=25, w1_tempo=9)))

    outcome = await repository.commit(collision, settlement=settlement)

    assert isinstance(outcome, Conflicted)
    assert outcome.head == 3
    assert {one.theirs for one in outcome.conflicts} == {25, 9}


@pytest.mark.parametrize("base", [1, 2])
async def test_a_choice_where_nothing_is_in_conflict_is_refused(
    repository: PlanRepository, collision: Proposal, base: int
) -> None:
    harmless = proposal(collision.plan_id, base, with_values(weeks(), w1_long=20, w1_tempo=9, w2_long=3))
    with pytest.raises(ChoiceError):
        await repository.commit(harmless, settlement=chosen(w3_long="ours"))
    assert (await km(repository, collision.plan_id))["w2-long"] == 12


async def test_a_change_for_one_head_only_is_not_merged_onto_another(
    repository: PlanRepository, collision: Proposal
) -> None:
    with pytest.raises(HeadMovedError) as refusal:
        await repository.commit(collision, only_onto_base=True)
    assert refusal.value.head == 2


async def test_an_undo_that_later_changes_cover_says_that_it_changes_nothing(repository: PlanRepository) -> None:
    first = await started(repository)
    await made(repository, proposal(first.plan_id, 1, with_values(weeks(), w1_long=20)))
    await made(repository, proposal(first.plan_id, 2, with_values(weeks(), w1_long=25)))

    kept = await repository.undo_document(first.plan_id, 2)
    taken_back = await repository.undo_document(first.plan_id, 2, {LONG: "ours"})

    assert kept.changes_nothing
    assert [one.pointer for one in kept.conflicts] == [LONG]
    assert not taken_back.changes_nothing
    assert taken_back.document.items["w1-long"].data["km"] == 11
