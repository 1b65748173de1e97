"""Reading versions, taking changes back, copying plans, and ids that are never used twice."""

from uuid import uuid4

import pytest

from agent.plan.document import content_hash
from agent.plan.repository import (
    Committed,
    NothingToUndoError,
    PlanNotFoundError,
    PlanRepository,
    PlanVersion,
    Undo,
)
from tests.integration.plan.conftest import made, proposal, started, weeks, with_values


async def undone(repository: PlanRepository, last: PlanVersion, undo: Undo) -> PlanVersion:
    """Commit an undo as the product does."""
    change = proposal(last.plan_id, undo.head, undo.document, kind="undo", undoes=undo.undoes)
    return await made(repository, change)


async def three_edits(repository: PlanRepository) -> list[PlanVersion]:
    versions = [await started(repository)]
    for values in ({"w1_long": 12}, {"w2_long": 13}, {"w3_long": None}):
        last = versions[-1]
        edit = proposal(last.plan_id, last.version, with_values(last.document, **values))
        versions.append(await made(repository, edit))
    return versions


async def test_undo_of_the_newest_change_gives_the_version_before(repository: PlanRepository) -> None:
    versions = await three_edits(repository)

    undo = await repository.undo_document(versions[0].plan_id)
    result = await undone(repository, versions[-1], undo)

    assert (undo.undoes, undo.head, undo.conflicts) == (4, 4, ())
    assert (result.version, result.kind, result.undoes) == (5, "undo", 4)
    assert result.hash == versions[2].hash


async def test_undo_of_an_older_version_keeps_the_later_ones(repository: PlanRepository) -> None:
    versions = await three_edits(repository)

    undo = await repository.undo_document(versions[0].plan_id, 2)

    assert undo.conflicts == ()
    assert content_hash(undo.document) == content_hash(with_values(weeks(), w2_long=13, w3_long=None))


async def test_undo_reports_later_changes_of_the_same_thing_and_keeps_them(repository: PlanRepository) -> None:
    first = await started(repository)
    second = await made(repository, proposal(first.plan_id, 1, with_values(weeks(), w1_long=12)))
    await made(repository, proposal(first.plan_id, 2, with_values(second.document, w1_long=14)))

    undo = await repository.undo_document(first.plan_id, 2)

    assert [(conflict.id, conflict.theirs) for conflict in undo.conflicts] == [("w1-long", 14)]
    assert undo.document.items["w1-long"].data["km"] == 14


async def test_undoing_again_and_again_goes_back_to_the_first_version(repository: PlanRepository) -> None:
    versions = await three_edits(repository)
    plan_id = versions[0].plan_id

    hashes = []
    for _ in range(3):
        undo = await repository.undo_document(plan_id)
        hashes.append((await undone(repository, versions[0], undo)).hash)

    assert hashes == [versions[2].hash, versions[1].hash, versions[0].hash]
    with pytest.raises(NothingToUndoError):
        await repository.undo_document(plan_id)


async def test_undoing_an_undo_brings_the_change_back_and_it_can_be_undone_anew(repository: PlanRepository) -> None:
    versions = await three_edits(repository)
    plan_id = versions[0].plan_id
    back = await undone(repository, versions[0], await repository.undo_document(plan_id))

    redo = await repository.undo_document(plan_id, back.version)
    again = await undone(repository, versions[0], redo)

    assert again.hash == versions[3].hash
    assert (await repository.undo_document(plan_id)).undoes == 4


async def test_undo_needs_a_change_of_a_known_plan(repository: PlanRepository) -> None:
    first = await started(repository)

    with pytest.raises(NothingToUndoError):
        await repository.undo_document(first.plan_id)
    with pytest.raises(NothingToUndoError):
        await repository.undo_document(first.plan_id, 1)
    with pytest.raises(PlanNotFoundError):
        await repository.undo_document(first.plan_id, 7)
    with pytest.raises(PlanNotFoundError):
        await repository.undo_document(uuid4())


async def test_an_old_version_can_be_restored_as_a_new_one(repository: PlanRepository) -> None:
    versions = await three_edits(repository)
    old = await repository.version(versions[0].plan_id, 2)

    restored = await made(repository, proposal(old.plan_id, 4, old.document, kind="restore"))

    assert (restored.version, restored.kind, restored.hash) == (5, "restore", old.hash)


async def test_history_is_paged_newest_first(repository: PlanRepository) -> None:
    plan_id = (await three_edits(repository))[0].plan_id

    page = await repository.history(plan_id, limit=2)
    rest = await repository.history(plan_id, limit=2, before=page[-1].version)

    assert [info.version for info in (*page, *rest)] == [4, 3, 2, 1]
    assert [info.is_current for info in page] == [True, False]


async def test_what_is_not_there_reads_as_nothing(repository: PlanRepository) -> None:
    first = await started(repository)

    assert await repository.head(uuid4()) is None
    assert await repository.plan(uuid4()) is None
    assert await repository.version(first.plan_id, 2) is None
    assert await repository.history(uuid4()) == []
    assert await repository.for_thread(uuid4()) == []


async def test_ids_of_removed_items_stay_retired(repository: PlanRepository) -> None:
    versions = await three_edits(repository)

    retired = await repository.retired_ids(versions[0].plan_id)

    assert "w3-long" in retired
    assert "w3-long" not in versions[-1].document.items
    assert retired == weeks().items.keys()


async def test_a_copy_is_a_plan_of_its_own_in_the_other_thread(repository: PlanRepository) -> None:
    versions = await three_edits(repository)
    plan_id, other = versions[0].plan_id, uuid4()

    copied = await repository.copy(plan_id, 2, other)
    again = await repository.copy(plan_id, 2, other)
    await made(repository, proposal(copied.plan_id, 1, with_values(copied.document, w1_long=20)))

    assert again == copied
    assert (copied.version, copied.kind, copied.hash) == (1, "import", versions[1].hash)
    assert [plan.id for plan in await repository.for_thread(other)] == [copied.plan_id]
    assert (await repository.head(plan_id)).hash == versions[3].hash


async def test_documents_survive_storage_to_the_last_bit(repository: PlanRepository) -> None:
    record = weeks().to_json()
    record["meta"] = {
        "numbers": [0.1, 1e-7, 2**53 - 1, -0.5, 123456.789],
        "kinds": [True, 1, 0, False, None, "", {}, []],
        "text": 'Zoë → 東京 \U0001f3c3 / ~ \\ "',
        "~/": {"": {}},
    }
    document = type(weeks()).from_json(record)

    first = await started(repository, document)

    outcome = await repository.commit(proposal(first.plan_id, 1, document))
    assert first.hash == content_hash(document)
    assert isinstance(outcome, Committed) and not outcome.changed
