"""What operators see of a conversation: JSON logs, traces and metrics by OTLP, errors in Sentry; never what was said."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from websockets.sync.client import connect

from tests.acceptance.server.collector import Collector, attributes, collecting
from tests.acceptance.server.live import REPO, fresh_database, serve

SAID = "the quick brown fox told me a secret"
RAISED = "postgres://user:password@host"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SOCKET_TRACE = "5cf92f3577b34da6a3ce929d0e0e4736"
CALLER = "00f067aa0ba902b7"


@dataclass(frozen=True)
class Seen:
    """What was seen of a server that said, failed and asked."""

    collector: Collector
    log: list[str]
    said: dict[str, Any]
    failed: dict[str, Any]
    socket_id: str | None

    @property
    def records(self) -> list[dict[str, Any]]:
        """The log's lines that are JSON."""
        return [json.loads(line) for line in self.log if line.startswith("{")]


@pytest.fixture(scope="module")
def seen(postgres_url: str, template_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    """A server with all of it on, after a conversation."""
    folder: Path = tmp_path_factory.mktemp("observed")
    with collecting() as collector, fresh_database(postgres_url, template_database) as url:
        environment = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{collector.port}",
            "SENTRY_DSN": f"http://public@127.0.0.1:{collector.port}/1",
            "LOG_FORMAT": "json",
            "REVISION_ID": "r7",
        }
        with serve(url, folder, environment=environment) as server:
            with httpx.Client(base_url=server.url, timeout=60) as http:
                thread_id = http.post("/threads", json={}).json()["thread_id"]
                body = {"assistant_id": "echo", "input": {"messages": [{"role": "user", "content": SAID}]}}
                headers = {"x-request-id": "asked-1", "traceparent": f"00-{TRACE}-{CALLER}-01"}
                http.post(f"/threads/{thread_id}/runs/wait", json=body, headers=headers)
                said = http.get(f"/threads/{thread_id}/runs").json()[0]
                http.post(
                    f"/threads/{thread_id}/runs/wait", json={"assistant_id": "fails", "input": {"kind": "secret"}}
                )
                failed = http.get(f"/threads/{thread_id}/runs").json()[0]
                http.post("/runs/wait", json={"assistant_id": "ask", "input": {"question": SAID}})
                socket_id = _over_a_socket(server.url, http.post("/threads", json={}).json()["thread_id"])
            server.stop()
            yield Seen(collector, server.stderr.splitlines(), said, failed, socket_id)


def _over_a_socket(url: str, thread_id: str) -> str | None:
    """Start a run over a WebSocket and hear of its end; the connection's request id."""
    address = url.replace("http", "ws", 1) + f"/threads/{thread_id}/stream/events"
    headers = {"x-request-id": "socket-1", "traceparent": f"00-{SOCKET_TRACE}-{CALLER}-01"}
    with connect(address, additional_headers=headers, close_timeout=30) as socket:
        started = {"assistant_id": "ask", "input": {"question": SAID}}
        socket.send(json.dumps({"id": 1, "method": "subscription.subscribe", "params": {"channels": ["lifecycle"]}}))
        socket.send(json.dumps({"id": 2, "method": "run.start", "params": started}))
        while '"interrupted"' not in str(socket.recv(60)):
            pass
        assert socket.response is not None
        return socket.response.headers.get("x-request-id")


def _of(spans: list[Span], run: dict[str, Any]) -> Span:
    return next(span for span in spans if attributes(span).get("planloom.run_id") == run["run_id"])


def test_the_log_is_json_with_the_ids_of_what_it_is_about_and_without_what_was_said(seen: Seen) -> None:
    after_start = [line for line in seen.log if line and not re.match(r"(API|Docs|Studio|Graphs|Model) +", line)]
    assert len(seen.records) == len(after_start), after_start
    of_run = [record for record in seen.records if record.get("run_id") == seen.said["run_id"]]
    assert {"run started", "run finished"} <= {record["event"] for record in of_run}
    assert all(record["thread_id"] == seen.said["thread_id"] and record["level"] == "info" for record in of_run)
    request = next(record for record in seen.records if record.get("request_id") == "asked-1")
    assert (request["event"], request["status"]) == ("request", 200)
    errors = [record for record in seen.records if record["level"] == "error"]
    assert [(record["event"], record["run_id"]) for record in errors] == [("run failed", seen.failed["run_id"])]
    for record in seen.records:
        assert SAID not in json.dumps(record)
        if record["level"] in ("info", "debug"):
            assert RAISED not in json.dumps(record), "what a graph raises may quote the conversation"


def test_a_request_and_its_run_are_one_trace_down_to_the_model_below_the_callers(seen: Seen) -> None:
    spans = seen.collector.spans()
    assert seen.collector.services() == {"planloom"}
    named = {span.span_id: span.name for span in spans}
    trace = [span for span in spans if span.trace_id.hex() == TRACE]
    above = {span.name: named.get(span.parent_span_id, span.parent_span_id.hex()) for span in trace}
    wait = "POST /threads/{thread_id}/runs/wait"
    assert above == {
        wait: CALLER,
        "run echo": wait,
        "node model": "run echo",
        "chat GenericFakeChatModel": "node model",
    }
    run = attributes(_of(trace, seen.said))
    assert (run["planloom.thread_id"], run["planloom.graph"], run["planloom.status"], run["planloom.attempt"]) == (
        seen.said["thread_id"], "echo", "success", 1,
    )  # fmt: skip
    request = attributes(next(span for span in trace if span.name == wait))
    assert (request["http.response.status_code"], request["planloom.request_id"]) == (200, "asked-1")


def test_a_socket_is_a_span_below_the_callers_and_the_runs_that_it_starts_are_below_it(seen: Seen) -> None:
    trace = {span.name: span for span in seen.collector.spans() if span.trace_id.hex() == SOCKET_TRACE}
    socket = trace["GET /threads/{thread_id}/stream/events"]
    assert socket.parent_span_id.hex() == CALLER
    assert trace["run ask"].parent_span_id == socket.span_id
    told = attributes(socket)
    assert (told["http.response.status_code"], told["planloom.websocket.close_code"]) == (101, 1000)
    assert told["planloom.request_id"] == seen.socket_id == "socket-1"
    of_it = [record["event"] for record in seen.records if record.get("request_id") == "socket-1"]
    assert of_it.count("command") == 2
    assert of_it[-1] == "socket"


def test_a_failure_is_one_and_a_question_is_none(seen: Seen) -> None:
    spans = seen.collector.spans()
    failed = _of(spans, seen.failed)
    assert (failed.status.code, failed.status.message) == (2, "SecretError")
    node = next(span for span in spans if span.parent_span_id == failed.span_id)
    assert (node.name, attributes(node)["error.type"]) == ("node fail", "SecretError")
    asked = [span for span in spans if span.name in ("run ask", "node ask")]
    assert [span.status.code for span in asked] == [0] * 4


def test_metrics_are_exported_by_route_and_graph(seen: Seen) -> None:
    metrics = seen.collector.metrics()
    points = metrics["http.server.request.duration"].histogram.data_points
    routes = {pair.value.string_value for point in points for pair in point.attributes if pair.key == "http.route"}
    assert {"/threads", "/threads/{thread_id}/runs/wait", "/runs/wait"} <= routes
    runs = metrics["planloom.run.duration"].histogram.data_points
    assert sorted(sorted(pair.value.string_value for pair in point.attributes) for point in runs) == [
        ["ask", "success"], ["echo", "success"], ["error", "fails"],
    ]  # fmt: skip
    assert not any("stream/events" in route for route in routes), "a socket lasts as long as its client"
    assert sum(point.count for point in metrics["planloom.run.queue.duration"].histogram.data_points) == 4


def test_an_error_is_reported_with_its_ids_and_its_stack_and_nothing_more(seen: Seen) -> None:
    (event,) = seen.collector.events()
    assert event["tags"] == {
        "run_id": seen.failed["run_id"], "thread_id": seen.failed["thread_id"], "graph": "fails",
    }  # fmt: skip
    (exception,) = event["exception"]["values"]
    assert (exception["type"], exception["value"]) == ("SecretError", "")
    assert exception["stacktrace"]["frames"][-1]["function"] == "_fail"
    assert not any("vars" in frame for frame in exception["stacktrace"]["frames"])
    assert (event["release"], event["logger"]) == ("planloom@r7", "planloom.runs")
    assert not {"request", "user", "breadcrumbs", "logentry", "extra"} & event.keys()


def test_nothing_that_was_said_or_raised_leaves_the_process(seen: Seen) -> None:
    for text in (SAID, RAISED):
        assert text.encode() not in seen.collector.everything


def test_what_is_not_asked_for_is_not_imported() -> None:
    program = """
import asyncio, sys
from server.settings import load_settings
from server.telemetry.observation import OFF
from server.telemetry.opening import opened_telemetry

async def main():
    async with opened_telemetry(load_settings()) as telemetry:
        assert telemetry is OFF

asyncio.run(main())
extras = ("sentry_sdk", "opentelemetry.exporter", "server.telemetry.otel", "server.telemetry.sentry")
print([name for name in sys.modules if name.startswith(extras)])
"""
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(REPO), "HOME": "/nowhere"}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=200, check=False
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")
