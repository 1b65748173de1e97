"""What the benchmark makes of its samples."""

from pathlib import Path

import pytest

from benchmarks.report import Measured, as_json, conditions, scenario_table, target_table, write_into
from benchmarks.scenario import Figure, Sample, Scenario, Target
from benchmarks.servers import Server, remote
from benchmarks.streamed import StreamReader


async def _asks_nobody(_: Server) -> Sample:
    return {}


SCENARIO = Scenario(
    name="sums",
    title="sums",
    figures=(
        Figure("ms", "time", "ms"),
        Figure("p95_ms", "time, p95", "ms", "p95", of="ms"),
        Figure("mb", "memory", "MB"),
    ),
    server=_asks_nobody,
    targets=(
        Target("over the floor", 1.5, "times", lambda ours, floor: ours["ms"] / floor["ms"]),
        Target("memory", 10, "MB", lambda ours, _: ours["mb"]),
        Target("a second", 2, "/s", lambda ours, _: 1000 / ours["ms"], at_most=False),
    ),
)
MEASURED = Measured(
    SCENARIO,
    {"floor": [{"ms": [1, 2, 3]}, {"ms": 2}], "planloom": [{"ms": 3.0}, {"ms": [4.0, 5.0]}], "other": [{"ms": 600}]},
    {"another": "it fell over"},
)
MACHINE = {
    "cores": 2,
    "load_before": 0.1,
    "python": "3.11",
    "postgres": {"server_version": "18", "fsync": "on", "synchronous_commit": "on"},
    "packages": {"langgraph": "1.2"},
}


def test_figures_are_taken_over_all_rounds() -> None:
    assert MEASURED.figures("floor") == {"ms": 2.0, "p95_ms": pytest.approx(2.85)}
    assert MEASURED.figures("planloom")["ms"] == 4.0
    assert MEASURED.figures("nobody") == {}


def test_targets_are_met_or_not_and_left_out_where_nothing_was_measured() -> None:
    table = target_table([MEASURED])
    assert "| sums: over the floor | ≤ 1.5 times | 2.00 times | not met | 300 |" in table
    assert "| sums: a second | ≥ 2 /s | 250 /s | met | 1.67 |" in table
    assert "memory" not in table
    targets = as_json([MEASURED], MACHINE)["scenarios"]["sums"]["targets"]
    assert [(target["value"], target["met"]) for target in targets] == [(2.0, False), (250.0, True)]


def test_a_table_has_the_subjects_across_and_says_who_failed() -> None:
    table = scenario_table(MEASURED)
    assert "|  | floor | planloom | other |" in table
    assert "| time, ms | 2.00 | 4.00 | 600 |" in table
    assert "another: it fell over" in table
    assert conditions(MACHINE).startswith("2 cores, Python 3.11, Postgres 18 (fsync on")


def test_tables_are_written_between_the_marks(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "before\n<!-- benchmarks: written by python -m benchmarks --write -->\nold\n<!-- benchmarks: end -->\nafter\n"
    )
    write_into(page, "new\n")
    assert page.read_text().splitlines()[2] == "new"
    assert (page.read_text().splitlines()[0], page.read_text().splitlines()[-1]) == ("before", "after")
    page.write_text("no marks")
    with pytest.raises(ValueError, match="benchmarks"):
        write_into(page, "new")


def test_another_server_is_named_with_its_url_and_its_process() -> None:
    assert (remote("a=http://b:1#7").url, remote("a=http://b:1#7").pid, remote("a=http://b:1").pid) == (
        "http://b:1",
        7,
        None,
    )
    for wrong in ("a", "=http://b", "a=b:1", "a=http://b#x"):
        with pytest.raises(ValueError, match="name=http"):
            remote(wrong)


def test_a_stream_is_read_across_chunks_and_a_failed_run_is_no_figure() -> None:
    reader = StreamReader()
    for chunk in (
        b"event: metadata\r\n\r\neve",
        b"nt: values\r\n\r\nevent: messages\r\n\r\n",
        b"event: messages\r\n\r\n",
    ):
        reader(chunk)
    streamed = reader.ended()
    assert streamed.token_events == 2
    assert 0 <= streamed.first_ms <= (streamed.first_token_ms or 0) <= streamed.total_ms
    failed = StreamReader()
    failed(b"event: values\r\n\r\nevent: error\r\n\r\n")
    with pytest.raises(ValueError, match="failed"):
        failed.ended()
