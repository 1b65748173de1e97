"""The product's own app over HTTP, on a database of the test's own, with a plan in it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import uuid4

import httpx
import pytest
from starlette.authentication import SimpleUser, UnauthenticatedUser
from starlette.types import ASGIApp, Receive, Scope, Send

from agent.plan import connections
from agent.plan.document import PlanDocument
from agent.plan.records import Committed, PlanVersion, Proposal
from agent.plan.repository import PlanRepository
from server.product.app import app
from tools.running.build_plan import build_plan
from tools.running.build_request import BuildRequest

LONG = "/items/w3-long/data/km"


@dataclass
class Client:
    """One plan over HTTP."""

    http: httpx.AsyncClient
    first: PlanVersion

    @property
    def path(self) -> str:
        return f"/plans/{self.first.plan_id}"

    async def etag(self) -> str:
        return (await self.http.get(self.path)).headers["etag"]

    async def km(self, item: str = "w3-long") -> float:
        return (await self.http.get(self.path)).json()["document"]["items"][item]["data"]["km"]

    async def edit(self, *ops: dict[str, Any], etag: str | None = None, **fields: Any) -> httpx.Response:
        """PATCH with typed operations, on the current version unless an ETag is given."""
        query = {"merge": "1"} if fields.pop("merge", False) else {}
        headers = {"if-match": etag or await self.etag()}
        return await self.http.patch(self.path, json={"ops": ops, **fields}, headers=headers, params=query)

    async def set_km(self, km: float, item: str = "w3-long", **fields: Any) -> httpx.Response:
        return await self.edit({"op": "update_item", "id": item, "set": {"km": km}}, **fields)


async def authenticated(scope: Scope, receive: Receive, send: Send) -> None:
    """The product's app behind a server that authenticates by a header."""
    name = dict(scope["headers"]).get(b"x-user")
    scope["user"] = SimpleUser(name.decode()) if name else UnauthenticatedUser()
    await app(scope, receive, send)


@pytest.fixture
def product() -> ASGIApp:
    """The product's app as it is served: here nobody is authenticated."""
    return app


@pytest.fixture
async def http(database_env: str, product: ASGIApp) -> AsyncIterator[httpx.AsyncClient]:
    """The product's app, called in this process."""
    transport = httpx.ASGITransport(app=product)
    async with httpx.AsyncClient(transport=transport, base_url="http://product") as client:
        yield client
    await connections.close()


@pytest.fixture
async def plan(http: httpx.AsyncClient) -> Client:
    """An 8-week half marathon plan, as the coach would have built it."""
    return Client(http, await stored(half_marathon()))


def half_marathon(today: date = date(2026, 4, 1)) -> PlanDocument:
    request = BuildRequest.model_validate(
        {"race": "half_marathon", "weeks": 8, "weekly_km": 25, "longest_km": 10, "today": today}
    )
    return PlanDocument.from_json(build_plan(request).document)


async def stored(document: PlanDocument, **fields: Any) -> PlanVersion:
    """Version 1 of a new plan."""
    proposal = Proposal(id=uuid4(), plan_id=uuid4(), base_version=0, document=document, **fields)
    outcome = await PlanRepository(await connections.pool()).commit(proposal)
    assert isinstance(outcome, Committed)
    return outcome.version
