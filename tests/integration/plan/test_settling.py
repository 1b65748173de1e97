"""Committing with a choice for each conflict, onto a certain head only, and undoing what later changes cover."""

from uuid import UUID

import pytest

from agent.plan.diff import diff, diff_hash
from agent.plan.document import PlanDocument
from agent.plan.merge import Side
from agent.plan.problems import ChoiceError
from agent.plan.records import Conflicted
from agent.plan.repository import Committed, HeadMovedError, PlanRepository, Proposal, Settlement, Shown
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


async def test_undo_goes_on_to_an_older_change_where_the_newest_has_nothing_left_to_take_back(
    repository: PlanRepository,
) -> None:
    first = await started(repository)
    await made(repository, proposal(first.plan_id, 1, with_values(weeks(), w1_tempo=9)))
    await made(repository, proposal(first.plan_id, 2, with_values(weeks(), w1_tempo=9, w1_long=20)))
    await made(repository, proposal(first.plan_id, 3, with_values(weeks(), w1_tempo=9, w1_long=25)))
    undo = await repository.undo_document(first.plan_id, 3, {LONG: "ours"})
    await made(repository, proposal(first.plan_id, 4, undo.document, kind="undo", undoes=3))

    # version 4 made the long run 25 km, which is 11 km again by now: there is nothing of it left
    assert (await repository.undo_document(first.plan_id, 4)).changes_nothing
    undo = await repository.undo_document(first.plan_id)

    assert (undo.undoes, undo.changes_nothing) == (2, False)
    assert undo.document.items["w1-tempo"].data["km"] == 8


async def test_a_merge_that_does_just_what_was_shown_goes_in(repository: PlanRepository, collision: Proposal) -> None:
    mine = with_values(weeks(), w2_long=13)
    shown = Shown(diff_hash(diff(weeks(), mine)))
    outcome = await repository.commit(proposal(collision.plan_id, 1, mine), shown=shown)
    assert isinstance(outcome, Committed)
    assert outcome.version.kind == "merge"


async def test_a_merge_that_does_something_else_than_what_was_shown_is_not_made(
    repository: PlanRepository, collision: Proposal
) -> None:
    mine = with_values(weeks(), w1_long=20, w2_long=13)
    shown = Shown(diff_hash(diff(weeks(), mine)))
    outcome = await repository.commit(proposal(collision.plan_id, 1, mine), shown=shown)
    assert isinstance(outcome, Conflicted)
    assert (outcome.conflicts, outcome.invalid, outcome.head) == ((), False, 2)
    assert (await km(repository, collision.plan_id))["w2-long"] == 12


@pytest.mark.parametrize("known", [True, False])
async def test_a_merge_with_warnings_that_were_not_shown_is_not_made(
    repository: PlanRepository, collision: Proposal, known: bool
) -> None:
    def warned(merged: PlanDocument, head: PlanDocument) -> list[dict[str, str]]:
        return [{"severity": "warning", "message": "too much"}, {"severity": "info", "message": "fine"}]

    mine = proposal(collision.plan_id, 1, with_values(weeks(), w2_long=13))
    shown = Shown(warnings=frozenset({"too much"} if known else ()))
    outcome = await repository.commit(mine, revalidate=warned, shown=shown)
    assert isinstance(outcome, Committed) is known
