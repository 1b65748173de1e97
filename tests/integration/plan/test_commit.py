"""Committing proposals: once each, merged when others were faster, one current version at any time."""

import asyncio
from dataclasses import replace
from uuid import uuid4

import psycopg
import pytest

from agent.plan.document import PlanDocument, content_hash
from agent.plan.json_patch import apply_json_patch
from agent.plan.problems import DocumentError
from agent.plan.repository import (
    Committed,
    Conflicted,
    PlanNotFoundError,
    PlanRepository,
    ProposalMismatchError,
)
from tests.integration.plan.conftest import made, proposal, started, weeks, with_values


async def test_the_first_commit_makes_the_plan_and_its_version_1(repository: PlanRepository) -> None:
    thread, run = uuid4(), uuid4()

    first = await started(
        repository, thread_id=thread, run_id=run, owner_id="ada", author_id="ada", checkpoint_id="cp", rationale="new"
    )

    [plan] = await repository.for_thread(thread)
    assert (plan.id, plan.head, plan.title, plan.domain, plan.owner_id) == (
        first.plan_id,
        1,
        "Half",
        "running",
        "ada",
    )
    assert (first.version, first.kind, first.parent, first.is_current) == (1, "create", None, True)
    assert (first.run_id, first.checkpoint_id, first.rationale, first.author_id) == (run, "cp", "new", "ada")
    assert first.hash == content_hash(weeks()) == content_hash(first.document)
    assert await repository.head(str(plan.id)) == first


async def test_an_edit_of_the_head_is_stored_with_patches_both_ways(repository: PlanRepository) -> None:
    first = await started(repository)
    longer = with_values(first.document, w3_long=16)
    ops = [{"op": "update_item", "id": "w3-long", "set": {"km": 16}}]

    second = await made(repository, proposal(first.plan_id, 1, longer, ops=ops, summary="Long run 13 → 16 km"))

    assert (second.version, second.kind, second.parent, second.merged_from) == (2, "edit", 1, None)
    assert second.ops == ops
    assert second.summary == "Long run 13 → 16 km"
    assert content_hash(apply_json_patch(first.document, second.patch)) == second.hash
    assert content_hash(apply_json_patch(second.document, second.inverse)) == first.hash
    assert await repository.version(first.plan_id, 1) == replace(first, is_current=False)


async def test_a_proposal_committed_twice_is_one_version(repository: PlanRepository) -> None:
    first = await started(repository)
    change = proposal(first.plan_id, 1, with_values(first.document, w1_long=12))

    once = await repository.commit(change)
    again = await repository.commit(change)

    assert isinstance(once, Committed) and not once.replayed
    assert again == replace(once, replayed=True)
    assert [info.version for info in await repository.history(first.plan_id)] == [2, 1]


async def test_a_replay_answers_with_its_own_version_after_later_ones(repository: PlanRepository) -> None:
    first = await started(repository)
    change = proposal(first.plan_id, 1, with_values(first.document, w1_long=12))
    second = await made(repository, change)
    await made(repository, proposal(first.plan_id, 2, with_values(second.document, w1_long=13)))

    again = await repository.commit(change)

    assert isinstance(again, Committed) and again.replayed
    assert again.version.version == 2
    assert (await repository.plan(first.plan_id)).head == 3


async def test_the_same_proposal_from_many_callers_at_once_is_one_version(repository: PlanRepository) -> None:
    start = proposal(uuid4(), 0, weeks())

    outcomes = await asyncio.gather(*(repository.commit(start) for _ in range(12)))

    assert {outcome.version.version for outcome in outcomes} == {1}
    assert sum(not outcome.replayed for outcome in outcomes) == 1


async def test_a_stale_proposal_is_merged_onto_the_head(repository: PlanRepository) -> None:
    first = await started(repository)
    await made(repository, proposal(first.plan_id, 1, with_values(first.document, w3_long=16), author_kind="person"))

    merged = await made(repository, proposal(first.plan_id, 1, with_values(first.document, w3_tempo=9)))

    assert (merged.version, merged.kind, merged.parent, merged.merged_from) == (3, "merge", 2, 1)
    assert content_hash(merged.document) == content_hash(with_values(first.document, w3_long=16, w3_tempo=9))


async def test_fifty_commits_at_once_all_land_in_one_line_of_versions(
    repository: PlanRepository, database_url: str
) -> None:
    first = await started(repository, weeks(25))
    runs = [item_id for item_id, item in first.document.items.items() if item.kind == "run"]
    changes = [
        proposal(first.plan_id, 1, with_values(first.document, **{item_id.replace("-", "_"): 50})) for item_id in runs
    ]

    outcomes = await asyncio.gather(*(repository.commit(change) for change in changes))

    assert sorted(outcome.version.version for outcome in outcomes) == list(range(2, 52))
    head = await repository.head(first.plan_id)
    assert {head.document.items[item_id].data["km"] for item_id in runs} == {50}
    history = await repository.history(first.plan_id, limit=100)
    assert [info.version for info in history] == list(range(51, 0, -1))
    assert [info.version for info in history if info.is_current] == [51]
    assert [info.parent for info in history] == [*range(50, 0, -1), None]
    async with await psycopg.AsyncConnection.connect(database_url) as connection:
        cursor = await connection.execute("select status, count(*) from plan_proposals group by status")
        assert await cursor.fetchall() == [("committed", 51)]


async def test_colliding_changes_are_a_conflict_and_change_nothing(repository: PlanRepository) -> None:
    first = await started(repository)
    second = await made(repository, proposal(first.plan_id, 1, with_values(first.document, w3_long=16)))

    outcome = await repository.commit(proposal(first.plan_id, 1, with_values(first.document, w3_long=12, w1_tempo=7)))

    assert isinstance(outcome, Conflicted)
    assert outcome.head == 2
    [conflict] = outcome.conflicts
    assert (conflict.kind, conflict.id, conflict.path) == ("field", "w3-long", ("data", "km"))
    assert (conflict.base, conflict.ours, conflict.theirs) == (13, 12, 16)
    assert await repository.head(first.plan_id) == second


@pytest.mark.parametrize(("choice", "km"), [("theirs", 16), ("ours", 12)])
async def test_a_conflicting_proposal_can_be_settled_by_committing_it_again(
    repository: PlanRepository, choice: str, km: int
) -> None:
    first = await started(repository)
    await made(repository, proposal(first.plan_id, 1, with_values(first.document, w3_long=16)))
    change = proposal(first.plan_id, 1, with_values(first.document, w3_long=12, w1_tempo=7))
    assert isinstance(await repository.commit(change), Conflicted)

    outcome = await repository.commit(change, on_conflict=choice)

    assert isinstance(outcome, Committed)
    assert outcome.version.document.items["w3-long"].data["km"] == km
    assert outcome.version.document.items["w1-tempo"].data["km"] == 7
    assert [conflict.kept for conflict in outcome.conflicts] == [choice]


async def test_a_merge_is_judged_again_and_an_error_stops_it(repository: PlanRepository) -> None:
    first = await started(repository)
    await made(repository, proposal(first.plan_id, 1, with_values(first.document, w3_long=16)))

    def too_much(merged: PlanDocument, head: PlanDocument) -> list[dict]:
        total = sum(merged.items[name].data["km"] for name in ("w3-long", "w3-tempo"))
        grew = total > sum(head.items[name].data["km"] for name in ("w3-long", "w3-tempo"))
        return [{"code": "too_much", "severity": "error" if grew and total > 25 else "info", "ids": ["w3"]}]

    change = proposal(first.plan_id, 1, with_values(first.document, w3_tempo=12))
    refused = await repository.commit(change, revalidate=too_much)
    assert isinstance(refused, Conflicted)
    assert refused.conflicts == ()
    assert [issue["code"] for issue in refused.issues] == ["too_much"]

    fine = proposal(first.plan_id, 1, with_values(first.document, w3_tempo=9))
    outcome = await repository.commit(fine, revalidate=too_much)
    assert isinstance(outcome, Committed)
    assert [issue["severity"] for issue in outcome.version.issues] == ["info"]


async def test_a_proposal_that_changes_nothing_makes_no_version(repository: PlanRepository) -> None:
    first = await started(repository)

    outcome = await repository.commit(proposal(first.plan_id, 1, weeks()))

    assert outcome == Committed(first, changed=False)
    assert (await repository.plan(first.plan_id)).head == 1


async def test_two_first_versions_of_one_plan_are_merged_or_reported(repository: PlanRepository) -> None:
    first = await started(repository)

    same = await repository.commit(proposal(first.plan_id, 0, weeks()))
    other = await repository.commit(proposal(first.plan_id, 0, with_values(weeks(), w1_long=9)))

    assert same == Committed(first, changed=False)
    assert isinstance(other, Conflicted)
    assert [(conflict.kind, conflict.id) for conflict in other.conflicts] == [("add_add", "w1-long")]


async def test_unknown_plans_and_bases_are_refused_without_a_trace(
    repository: PlanRepository, database_url: str
) -> None:
    first = await started(repository)
    for change in (proposal(uuid4(), 1, weeks()), proposal(first.plan_id, 2, weeks())):
        with pytest.raises(PlanNotFoundError):
            await repository.commit(change)

    async with await psycopg.AsyncConnection.connect(database_url) as connection:
        cursor = await connection.execute("select count(*) from plan_proposals")
        assert await cursor.fetchone() == (1,)


async def test_a_proposal_id_serves_one_plan_only(repository: PlanRepository) -> None:
    first = await started(repository)

    with pytest.raises(ProposalMismatchError):
        await repository.commit(replace(proposal(uuid4(), 0, weeks()), id=first.proposal_id))


async def test_a_broken_tree_is_not_committed(repository: PlanRepository) -> None:
    first = await started(repository)
    items = {item_id: item for item_id, item in weeks().items.items() if item_id != "w1"}
    broken = PlanDocument.assemble("running", {}, items)

    with pytest.raises(DocumentError):
        await repository.commit(proposal(first.plan_id, 1, broken))


async def test_the_database_itself_refuses_a_second_current_version(
    repository: PlanRepository, database_url: str
) -> None:
    first = await started(repository)
    await made(repository, proposal(first.plan_id, 1, with_values(first.document, w1_long=9)))

    async with await psycopg.AsyncConnection.connect(database_url) as connection:
        with pytest.raises(psycopg.errors.UniqueViolation):
            await connection.execute("update plan_versions set is_current = true")
