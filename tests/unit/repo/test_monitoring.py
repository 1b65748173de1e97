"""What is said of metrics names metrics that there are, all of them."""

import json
import re
from pathlib import Path
from unittest.mock import MagicMock

import pytest
import yaml
from prometheus_client import REGISTRY, generate_latest

from server import app
from server.metrics.gauges import shown
from server.product import app as product
from server.tracing.service import Tracing
from server.vital_signs import gauges_of

ROOT = Path(__file__).parents[3]
_NAME = re.compile(r"\b[a-z]+(?:_[a-z]+)+\b")
_LITERAL = re.compile(r'"[^"]*"')
_SUFFIX = re.compile(r"_(bucket|count|sum)$")


@pytest.fixture(scope="module")
def served() -> set[str]:
    """The names of the metrics of a process that serves and works, as they are scraped."""
    assert app.create_app and product.app  # their modules define what they count
    pool, log, worker = MagicMock(), MagicMock(pending=0), MagicMock(busy=0)
    pool.get_stats.return_value = {"pool_available": 1, "pool_size": 1, "pool_max": 1, "requests_waiting": 0}
    worker.slots.count = 1
    with shown(gauges_of(pool, log, worker, Tracing())):
        text = generate_latest(REGISTRY).decode()
    return {name for name in re.findall(r"^# TYPE (\S+) ", text, re.MULTILINE) if not name.endswith("_created")}


def test_the_dashboard_shows_what_is_measured_and_nothing_else(served: set[str]) -> None:
    dashboard = json.loads((ROOT / "docs" / "grafana-dashboard.json").read_text())
    queries = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", ())]
    named = {_SUFFIX.sub("", name) for query in queries for name in _NAME.findall(query)} - {"histogram_quantile"}
    assert named - served == set()
    assert _ours(served) - named == set(), "each metric has a panel"


def test_alerts_are_about_what_is_measured_and_say_what_to_do(served: set[str]) -> None:
    groups = yaml.safe_load((ROOT / "docs" / "alerts.yml").read_text())["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    expressions = [_LITERAL.sub("", rule["expr"]) for rule in rules]
    named = {_SUFFIX.sub("", name) for expression in expressions for name in _NAME.findall(expression)}
    assert named - {"histogram_quantile"} - served == set()
    assert len({rule["alert"] for rule in rules}) == len(rules)
    for rule in rules:
        assert rule["labels"]["severity"] in ("critical", "warning"), rule["alert"]
        assert all(rule["annotations"][said] for said in ("summary", "description")), rule["alert"]


def test_each_metric_is_explained(served: set[str]) -> None:
    rows = re.findall(r"^\| (`[a-z_`, ]+`) \|", (ROOT / "docs" / "monitoring.md").read_text(), re.MULTILINE)
    assert {name for row in rows for name in _NAME.findall(row)} == _ours(served)


def _ours(served: set[str]) -> set[str]:
    return {name for name in served if not name.startswith(("python_", "process_"))}
