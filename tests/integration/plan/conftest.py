"""A repository on this test's own database, and what the tests commit to it."""

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest

from agent.plan import connections
from agent.plan.document import PlanDocument
from agent.plan.repository import Committed, PlanRepository, PlanVersion, Proposal


@pytest.fixture
async def repository(database_env: str) -> AsyncIterator[PlanRepository]:
    yield PlanRepository(await connections.pool())
    await connections.close()


def weeks(count: int = 4) -> PlanDocument:
    """A small running plan: `count` weeks with a tempo and a long run each."""
    items: dict[str, dict] = {}
    for number in range(1, count + 1):
        week = f"w{number}"
        items[week] = {"kind": "week", "parent": None, "rank": f"a{number}", "title": f"Week {number}", "data": {}}
        for rank, (name, km) in enumerate((("tempo", 8), ("long", 10 + number))):
            items[f"{week}-{name}"] = {
                "kind": "run",
                "parent": week,
                "rank": f"a{rank}",
                "title": name.capitalize(),
                "data": {"km": km, "tags": ["a", "b"], "pace": {"lo": 300, "hi": 330}},
            }
    return PlanDocument.from_json({"schema": 1, "domain": "running", "meta": {"title": "Half"}, "items": items})


def with_values(document: PlanDocument, **values: object) -> PlanDocument:
    """The document with other km, by item id (`w1_long=12`); None removes the item."""
    record = document.to_json()
    for name, value in values.items():
        item_id = name.replace("_", "-")
        if value is None:
            del record["items"][item_id]
        else:
            record["items"][item_id]["data"]["km"] = value
    return PlanDocument.from_json(record)


def proposal(plan_id: UUID, base: int, document: PlanDocument, **fields: object) -> Proposal:
    return Proposal(id=uuid4(), plan_id=plan_id, base_version=base, document=document, **fields)


async def started(repository: PlanRepository, document: PlanDocument | None = None, **fields: object) -> PlanVersion:
    """Version 1 of a new plan."""
    return await made(repository, proposal(uuid4(), 0, document or weeks(), **fields))


async def made(repository: PlanRepository, change: Proposal) -> PlanVersion:
    """The version that a proposal becomes without conflict."""
    outcome = await repository.commit(change)
    assert isinstance(outcome, Committed)
    return outcome.version
