"""Requests made from our own OpenAPI document: whatever it allows or forbids, no accident and no undocumented answer."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from tests.acceptance.server.live import Planloom, fresh_database, serve
from tests.acceptance.server.running import said

EXAMPLES = 12
"""Of each operation and each kind of request; always the same ones."""

TIMEOUT_SECONDS = 60
GROUPS = (
    "system",
    "assistants",
    "threads",
    "runs",
    "runs without a thread",
    "event streaming",
    "crons",
    "webhooks",
    "store",
    "A2A",
    "MCP",
)
WITHOUT_END = ("/stream", "/stream/events", "/wait", "/join")
"""What may go on as long as a run does: its status is checked, and its reader leaves."""

NOT_MADE_WRONG = frozenset({"POST /runs/batch", "POST /a2a/{assistant_id}", "POST /mcp"})
"""Bodies that schemathesis cannot make wrong (it misreads the pairs of `command.update` inside a list), or whose faults are
told with 200, as JSON-RPC does."""

_TIMES = {"schedule": "@yearly", "timezone": "Europe/Berlin"}

pytestmark = pytest.mark.filterwarnings(
    "ignore:Overriding standard format"  # hypothesis-jsonschema says it of its own formats
)


@dataclass(frozen=True)
class Fuzzed:
    """The server, and its document."""

    server: Planloom
    schema: Any

    def operations(self, group: str) -> list[APIOperation[Any, Any, Any]]:
        """Those of a group of the API."""
        found = [result.ok() for result in self.schema.get_all_operations()]
        return [operation for operation in found if operation.tags == [group]]


@pytest.fixture(scope="module")
def fuzzed(postgres_url: str, template_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fuzzed]:
    """A server of its own: what is made up deletes and cancels."""
    folder: Path = tmp_path_factory.mktemp("fuzzed")
    with fresh_database(postgres_url, template_database) as url, serve(url, folder) as server:
        document = httpx.get(f"{server.url}/openapi.json", timeout=TIMEOUT_SECONDS).json()
        yield Fuzzed(server, schemathesis.openapi.from_dict(document))


def _there_is(url: str) -> dict[str, str]:
    """The path parameters of a thread, a run, a checkpoint, an assistant and a cron that exist."""
    with httpx.Client(base_url=url, timeout=TIMEOUT_SECONDS) as http:
        thread_id = http.post("/threads", json={}).json()["thread_id"]
        body = {"assistant_id": "echo", "input": said("hi"), "webhook": "http://127.0.0.1:1/nobody"}
        http.post(f"/threads/{thread_id}/runs/wait", json=body)
        run_id = http.get(f"/threads/{thread_id}/runs").json()[0]["run_id"]
        return {
            "thread_id": thread_id,
            "run_id": run_id,
            "delivery_id": run_id,
            "checkpoint_id": http.get(f"/threads/{thread_id}/state").json()["checkpoint_id"],
            "assistant_id": http.post("/assistants", json={"graph_id": "parent"}).json()["assistant_id"],
            "cron_id": http.post("/runs/crons", json={"assistant_id": "echo", **_TIMES}).json()["cron_id"],
            "namespace": "child",
        }


def _ask(case: Case, url: str, session: requests.Session, *, of_a_graph: bool) -> int:
    """Send it, check the answer against the document, and return its status."""
    request = case.as_transport_kwargs(base_url=url)
    if of_a_graph and "json" in request:
        request["json"] = _of_a_graph(request["json"])
    with session.request(**request, stream=True, timeout=TIMEOUT_SECONDS, allow_redirects=False) as response:
        if not case.operation.path.endswith(WITHOUT_END):
            case.validate_response(
                response, checks=[not_a_server_error, status_code_conformance, response_schema_conformance]
            )
        documented: Mapping[str, Any] = case.operation.definition.raw["responses"]
        assert str(response.status_code) in documented, (request, response.status_code)
        assert response.status_code < 500, (request, response.status_code)
        return response.status_code


def _of_a_graph(body: object) -> object:
    """The body, about a graph that there is, at times that there are."""
    if isinstance(body, list):
        return [_of_a_graph(item) for item in body]
    if not isinstance(body, dict):
        return body
    real = {"assistant_id": "echo", "graph_id": "echo", **_TIMES}
    return {**body, **{name: graph for name, graph in real.items() if name in body}}


def _fuzz(
    operation: APIOperation[Any, Any, Any], url: str, *, mode: GenerationMode, path: dict[str, str] | None = None
) -> set[int]:
    """Requests that the document allows, or (negative) forbids; to what the path names, if it is given."""
    known = {} if path is None else {"path_parameters": path}
    answered: set[int] = set()
    with requests.Session() as session:

        @settings(
            max_examples=EXAMPLES,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(operation.as_strategy(generation_mode=mode, **known))
        def asked(case: Case) -> None:
            of_a_graph = path is not None and mode is GenerationMode.POSITIVE
            answered.add(_ask(case, url, session, of_a_graph=of_a_graph))

        asked()
    return answered


def _named(operation: APIOperation[Any, Any, Any], there: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in there.items() if f"{{{name}}}" in operation.path}


def test_no_operation_is_left_out(fuzzed: Fuzzed) -> None:
    asked = {operation.label for group in GROUPS for operation in fuzzed.operations(group)}
    assert asked == {result.ok().label for result in fuzzed.schema.get_all_operations()}


@pytest.mark.parametrize("group", GROUPS)
def test_what_the_document_allows_is_no_accident_and_answered_as_documented(fuzzed: Fuzzed, group: str) -> None:
    operations = fuzzed.operations(group)
    assert operations, "the group has another name by now"
    for operation in operations:
        _fuzz(operation, fuzzed.server.url, mode=GenerationMode.POSITIVE)
    assert "unhandled error" not in fuzzed.server.stderr


@pytest.mark.parametrize("group", GROUPS)
def test_it_is_so_of_what_exists_too(fuzzed: Fuzzed, group: str) -> None:
    operations = fuzzed.operations(group)
    served = 0
    for operation in operations:
        path = _named(operation, _there_is(fuzzed.server.url))
        answered = _fuzz(operation, fuzzed.server.url, mode=GenerationMode.POSITIVE, path=path)
        served += any(status < 300 for status in answered)
    assert served >= len(operations) / 2, "most requests are refused before they do anything"
    assert "unhandled error" not in fuzzed.server.stderr


@pytest.mark.parametrize("group", GROUPS)
def test_bodies_that_the_document_forbids_are_no_accident_either(fuzzed: Fuzzed, group: str) -> None:
    for operation in fuzzed.operations(group):
        if operation.body and operation.label not in NOT_MADE_WRONG:
            path = _named(operation, _there_is(fuzzed.server.url))
            answered = _fuzz(operation, fuzzed.server.url, mode=GenerationMode.NEGATIVE, path=path)
            # a time to live may be its minutes alone, and such; the protocol of events says 400
            assert {400, 422} & answered, operation.label
    assert "unhandled error" not in fuzzed.server.stderr
