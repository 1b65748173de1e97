"""What monitoring reads of live processes: metrics, readiness, and how their dependencies are."""

import re
import signal
import time
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psycopg
from langgraph_sdk.client import LangGraphClient
from prometheus_client.parser import text_string_to_metric_families
from psycopg import sql

from tests.acceptance.server.live import fresh_database, serve, work

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


async def _scraped(http: httpx.AsyncClient) -> Samples:
    text = (await http.get("/metrics")).text
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def _grown(before: Samples, after: Samples, name: str, **labels: str) -> float:
    key = name, frozenset(labels.items())
    return after.get(key, 0.0) - before.get(key, 0.0)


async def test_a_run_is_counted_from_its_request_to_its_nodes(client: LangGraphClient, http: httpx.AsyncClient) -> None:
    thread = await client.threads.create()
    before = await _scraped(http)
    async for _ in client.runs.stream(
        thread["thread_id"], "echo", input={"messages": [("user", "hi")]}, stream_mode="messages-tuple"
    ):
        pass
    after = await _scraped(http)
    route = "/threads/{thread_id}/runs/stream"
    assert _grown(before, after, "http_requests_total", method="POST", endpoint=route, status="200") == 1
    assert (
        _grown(before, after, "http_request_duration_seconds_count", method="POST", endpoint=route, status="200") == 1
    )
    assert _grown(before, after, "runs_total", graph="echo", status="success") == 1
    assert _grown(before, after, "run_queue_seconds_count", graph="echo") == 1
    assert _grown(before, after, "run_duration_seconds_count", graph="echo", status="success") == 1
    assert _grown(before, after, "run_first_token_seconds_count", graph="echo") == 1
    assert _grown(before, after, "run_first_token_seconds_sum", graph="echo") > 0
    assert sum(value for (name, labels), value in after.items() if _is_node_of(name, labels, "echo")) > 0
    assert _grown(before, after, "run_events_total") >= 3
    assert _grown(before, after, "event_log_lag_seconds_count") >= 1
    assert _grown(before, after, "checkpoint_bytes_total") > 0
    assert after["db_pool_connections", frozenset({("state", "max")})] == 16
    assert after["worker_slots", frozenset()] == 32


def _is_node_of(name: str, labels: frozenset[tuple[str, str]], graph: str) -> bool:
    return name == "graph_node_duration_seconds_count" and ("graph", graph) in labels


async def test_what_waits_is_told_by_state(client: LangGraphClient, http: httpx.AsyncClient) -> None:
    thread = await client.threads.create()
    before = await _scraped(http)
    run = await client.runs.create(thread["thread_id"], "echo", input={"messages": []}, after_seconds=600)
    after = await _scraped(http)
    assert _grown(before, after, "runs_unfinished", state="scheduled") >= 1
    await client.runs.cancel(thread["thread_id"], run["run_id"], wait=True)


async def test_paths_that_lead_nowhere_share_one_label(http: httpx.AsyncClient) -> None:
    before = await _scraped(http)
    for made_up in ("/nope", "/threads/1/2/3/4", "/../etc/passwd"):
        assert (await http.get(made_up)).status_code == 404
    after = await _scraped(http)
    assert _grown(before, after, "http_requests_total", method="GET", endpoint="other", status="404") == 3


async def test_metrics_come_as_openmetrics_or_json_for_those_who_ask(http: httpx.AsyncClient) -> None:
    openmetrics = await http.get("/metrics", headers={"accept": "application/openmetrics-text; version=1.0.0"})
    assert openmetrics.headers["content-type"].startswith("application/openmetrics-text")
    assert openmetrics.text.endswith("# EOF\n")
    told = (await http.get("/metrics", params={"format": "json"})).json()
    assert told["queue"].keys() == {"n_pending", "n_running"}
    assert told["workers"]["max"] == 32 == told["workers"]["active"] + told["workers"]["available"]
    assert {"method", "path", "status", "count"} == told["api"]["http_requests_total"][0].keys()
    assert (await http.get("/metrics", params={"format": "xml"})).status_code == 422


async def test_the_details_name_each_dependency(http: httpx.AsyncClient) -> None:
    response = await http.get("/health/details")
    assert response.status_code == 200
    told = response.json()
    assert (told["status"], told["draining"]) == ("ok", False)
    assert told["dependencies"]["postgres"]["status"] == "ok"
    assert 0 < told["dependencies"]["postgres"]["latency_ms"] < 2000
    assert told["dependencies"]["worker"]["slots"] == 32


def test_a_server_that_is_asked_to_stop_says_so_and_serves_on_for_a_while(
    postgres_url: str, template_database: str, tmp_path: Path
) -> None:
    with (
        fresh_database(postgres_url, template_database) as url,
        serve(url, tmp_path, "--workers", "0", environment={"DRAIN_DELAY": "3"}) as server,
        httpx.Client(base_url=server.url, timeout=60) as http,
    ):
        assert http.get("/health/ready").json() == {"ready": True, "draining": False}
        server.process.send_signal(signal.SIGTERM)
        while (answer := http.get("/health/ready")).status_code == 200:
            time.sleep(0.01)
        assert (answer.status_code, answer.json()) == (503, {"ready": False, "draining": True})
        assert http.get("/ok").status_code == 200
        assert http.post("/threads", json={}).status_code == 200
        assert server.wait() == 0


def test_without_postgres_a_server_is_alive_and_not_ready(
    postgres_url: str, template_database: str, tmp_path: Path
) -> None:
    with fresh_database(postgres_url, template_database) as url, serve(url, tmp_path, "--workers", "0") as server:
        name = sql.Identifier(urlsplit(url).path[1:])
        with (
            httpx.Client(base_url=server.url, timeout=60) as http,
            psycopg.connect(postgres_url, autocommit=True) as db,
        ):
            http.get("/health/ready").raise_for_status()
            _close_to_all(db, name, "false")
            assert http.get("/health/ready").status_code == 503
            details = http.get("/health/details")
            assert (details.status_code, details.json()["status"]) == (503, "down")
            assert details.json()["dependencies"]["postgres"]["status"] == "down"
            assert http.get("/ok").status_code == 200
            assert "runs_unfinished{" not in http.get("/metrics").text
            _close_to_all(db, name, "true")
            while http.get("/health/ready").status_code == 503:
                time.sleep(0.05)


def _close_to_all(db: psycopg.Connection, name: sql.Identifier, allowed: str) -> None:
    db.execute(sql.SQL("alter database {} with allow_connections {}").format(name, sql.SQL(allowed)))
    db.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", (name._obj[0],))


def test_a_worker_answers_on_a_port_of_its_own(postgres_url: str, template_database: str, tmp_path: Path) -> None:
    with (
        fresh_database(postgres_url, template_database) as url,
        work(url, tmp_path, "--workers", "3", environment={"METRICS_PORT": "0", "LOG_FORMAT": "json"}) as worker,
    ):
        found = re.search(r'"port": (\d+)', worker.until("answering /ok").string)
        assert found is not None
        with httpx.Client(base_url=f"http://127.0.0.1:{found[1]}", timeout=60) as http:
            assert http.get("/ok").json()["ok"] is True
            assert http.get("/health/ready").status_code == 200
            assert http.get("/health/details").json()["dependencies"]["worker"]["slots"] == 3
            assert "worker_slots 3.0" in http.get("/metrics").text
            assert http.get("/threads").status_code == 404
        assert worker.stop() == 0


async def test_the_reference_needs_no_other_host(http: httpx.AsyncClient) -> None:
    page = (await http.get("/docs")).text
    assert "://" not in page
    assets = re.findall(r'(?:src|href)="(docs/[^"]+)"', page)
    assert len(assets) == 2
    for address in (*assets, "openapi.json"):
        assert (await http.get(f"/{address}")).status_code == 200
