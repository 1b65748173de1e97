"""`make eval` as it is run: offline without a key, recorded by LangSmith's own client with one; and what fails it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.evaluations.scores import Scores
from tests.langsmith_api.server import LangSmithApi

REPO = Path(__file__).parents[3]


def _evaluate(langsmith: LangSmithApi, **environment: str) -> subprocess.CompletedProcess[str]:
    """A few cases of the triage suite, with the stand-in as LangSmith's address."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("LANG", "OPENAI_", "MODEL"))}
    plugins = (
        "langsmith.pytest_plugin",
        "pytest_asyncio.plugin",
        "pytest_timeout",
    )  # all of them take seconds to import
    options = ["--cases", "8", "--quiet", *(f"-p{plugin}" for plugin in plugins)]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *options, "tests/evaluations/evaluate_triage.py"],
        cwd=REPO,
        env={**inherited, "LANGSMITH_ENDPOINT": langsmith.url, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", **environment},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def test_without_a_key_the_scores_are_printed_and_nothing_is_sent() -> None:
    with LangSmithApi() as langsmith:
        done = _evaluate(langsmith)
        assert done.returncode == 0, done.stdout
        assert "model: demo-rules-1" in done.stdout and "emergency recall" in done.stdout
        assert langsmith.requests == []


def test_with_a_key_each_case_is_an_example_and_the_scores_are_an_experiments_feedback() -> None:
    with LangSmithApi() as langsmith:
        done = _evaluate(langsmith, **langsmith.environment)
        assert done.returncode == 0, done.stdout
        store = langsmith.store
    (dataset,) = store.datasets.values()
    (experiment,) = (one for one in store.sessions.values() if one["reference_dataset_id"])
    assert (dataset["name"], experiment["reference_dataset_id"]) == ("planloom triage", dataset["id"])
    assert experiment["name"].startswith("demo-rules-1:")
    examples = store.examples.values()
    assert all(one["inputs"]["sentence"] and one["outputs"]["level"] for one in examples)
    roots = [run for run in store.runs.values() if run.get("reference_example_id")]
    assert {run["reference_example_id"] for run in roots} == set(store.examples)
    assert all(run["session_id"] == experiment["id"] and run["outputs"]["level"] for run in roots)
    scored = {(one["run_id"], one["key"]): one["score"] for one in store.feedback}
    for run in roots:
        assert scored[run["id"], "pass"] == 1
        assert any(key != "pass" for of, key in scored if of == run["id"])


def test_a_score_beyond_its_limit_fails_and_is_named() -> None:
    scores = Scores()
    for value in (1.0, 0.0, 1.0, 1.0):
        scores.add("triage", "recall", value)
        scores.add("edits", "collateral", 1 - value)
    scores.hold("triage", {"recall": 0.75})
    with pytest.raises(AssertionError, match=r"edits: collateral is 25\.0%, at most 0\.5% is wanted"):
        scores.hold("edits", {"collateral": 0.005}, at_most=frozenset({"collateral"}))
    with pytest.raises(AssertionError, match="no case of retrieval was run"):
        scores.hold("retrieval", {})
    assert [one.holds for one in scores.measures] == [True, False]
