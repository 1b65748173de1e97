"""Ranks that grew too long are shortened in a version of their own, which says that it is cosmetic."""

from agent.plan.changes import change_list
from agent.plan.diff import diff
from agent.plan.document import PlanDocument, children_of
from agent.plan.rank import REBALANCE_ABOVE, between
from agent.plan.records import PlanVersion
from agent.plan.repository import Committed, PlanRepository
from tests.integration.plan.conftest import made, proposal, started, with_values


def crowded(document: PlanDocument) -> PlanDocument:
    """The plan with the long run of week 1 right before its tempo run, and no room left but in a very long rank."""
    record = document.to_json()
    record["items"]["w1-tempo"]["rank"] = high = "a1"
    low = "a0"
    while len(low) <= REBALANCE_ABOVE:
        low = between(low, high)
    record["items"]["w1-long"]["rank"] = low
    return PlanDocument.from_json(record)


async def tidied(repository: PlanRepository) -> Committed:
    first = await started(repository)
    outcome = await repository.commit(proposal(first.plan_id, 1, crowded(first.document)))
    assert isinstance(outcome, Committed)
    return outcome


async def test_long_ranks_are_shortened_at_once_and_nothing_else_changes(repository: PlanRepository) -> None:
    outcome = await tidied(repository)

    head = await repository.head(outcome.version.plan_id)
    assert isinstance(head, PlanVersion)
    assert outcome.current == outcome.tidied == head
    assert (head.version, head.kind, head.author_kind, head.parent) == (3, "rebalance", "system", 2)
    assert max(len(item.rank) for item in head.document.items.values()) < REBALANCE_ABOVE
    assert children_of(head.document.items) == children_of(outcome.version.document.items)
    change = diff(outcome.version.document, head.document)
    assert change.moved and not (change.changed or change.added or change.removed or change.meta)
    assert change_list(change, outcome.version.document, head.document) == []


async def test_undo_passes_over_the_cosmetic_version(repository: PlanRepository) -> None:
    outcome = await tidied(repository)
    head = outcome.current
    await made(repository, proposal(head.plan_id, head.version, with_values(head.document, w2_long=40)))

    undo = await repository.undo_document(head.plan_id)
    assert undo.undoes == 4
    await made(repository, proposal(head.plan_id, 4, undo.document, kind="undo", undoes=4))

    assert (await repository.undo_document(head.plan_id)).undoes == 2


async def test_committing_again_what_was_tidied_makes_nothing_new(repository: PlanRepository) -> None:
    first = await started(repository)
    change = proposal(first.plan_id, 1, crowded(first.document))
    await repository.commit(change)

    again = await repository.commit(change)

    assert isinstance(again, Committed) and again.replayed
    assert [one.version for one in await repository.history(first.plan_id)] == [3, 2, 1]
