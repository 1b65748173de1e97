"""Our OpenAPI document promises all that the official server's does, but for what is named here with its reason."""

from collections.abc import Mapping

import httpx
import pytest

from tests.conformance.conftest import Both
from tests.conformance.openapi import Document, operations, promises

ON_PURPOSE: Mapping[str, str] = {
    "GET /mcp/": "there is no stream to get: it is answered by 405, as the official server does",
    "POST /mcp/": "it is served at /mcp, to which both servers redirect",
    "DELETE /mcp/": "it is served at /mcp, to which both servers redirect",
    "POST /a2a/{assistant_id} may answer 404": "who is not there is told in JSON-RPC, with 200, as the official server does",
    "POST /a2a/{assistant_id} may answer 500": "what goes wrong is told in JSON-RPC, with 200, as the official server does",
    "GET /docs": "it is served, but as a page for people it is no part of the API",
    "DELETE /assistants/{assistant_id} may answer 200": "the official server answers 204, as ours does and says",
    "DELETE /threads/{thread_id} may answer 200": "the official server answers 204, as ours does and says",
    "DELETE /runs/crons/{cron_id} may answer 200": "the official server answers 204, as ours does and says",
    "DELETE /threads/{thread_id}/runs/{run_id} may answer 200": "the official server answers 204, as ours does and says",
    "GET /ok may answer 500": "a database that is not reachable is 503 here: retry",
}
"""What the official document says and ours does not, by how it begins."""


TAKES_NOTHING = {"GET /info", "GET /health/ready", "GET /health/details"}
"""Operations that cannot be asked wrongly."""


def document(url: str) -> Document:
    """The document that a server serves."""
    found: Document = httpx.get(f"{url}/openapi.json", timeout=60).raise_for_status().json()
    return found


@pytest.fixture(scope="module")
def official(servers: dict[str, Both]) -> Document:
    """The official server's."""
    return document(servers["plain"].official.url)


@pytest.fixture(scope="module")
def ours(servers: dict[str, Both]) -> Document:
    """Planloom's."""
    return document(servers["plain"].ours.url)


def test_every_operation_parameter_and_response_of_the_official_document_is_in_ours(
    official: Document, ours: Document
) -> None:
    missing = (operations(official) | promises(official)) - operations(ours) - promises(ours)
    unexplained = {promise for promise in missing if not promise.startswith(tuple(ON_PURPOSE))}
    assert not unexplained


def test_what_is_left_out_on_purpose_is_in_the_official_document_and_not_in_ours(
    official: Document, ours: Document
) -> None:
    theirs = operations(official) | promises(official)
    told = operations(ours) | promises(ours)
    for beginning in ON_PURPOSE:
        assert any(promise.startswith(beginning) for promise in theirs), f"{beginning}: it is not there any more"
        assert beginning not in told, f"{beginning}: ours says it by now"


def test_every_operation_of_ours_says_what_its_body_and_its_refusals_are(ours: Document) -> None:
    said = promises(ours)
    for operation in operations(ours):
        assert f"{operation} may answer 422 as application/json" in said or operation in TAKES_NOTHING
    takes_body = {promise.partition(" takes body ")[0] for promise in said if " takes body " in promise}
    for operation in takes_body:
        assert f"{operation} may answer 413 as application/json" in said


def test_operations_have_ids_of_their_own(ours: Document) -> None:
    named = [
        operation["operationId"]
        for item in ours["paths"].values()
        for method, operation in item.items()
        if method != "parameters"
    ]
    assert len(set(named)) == len(named)
