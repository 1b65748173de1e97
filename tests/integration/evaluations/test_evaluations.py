"""`make eval` as it is run: offline without a key, recorded by LangSmith's own client with one; and what fails it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.evaluations.scores import Scores
from tests.langsmith_server import QueriedLangSmith

REPO = Path(__file__).parents[3]


@dataclass(frozen=True)
class Evaluated:
    """What a run of the evaluations printed and returned, and what reached LangSmith."""

    code: int
    printed: str
    langsmith: QueriedLangSmith


@pytest.fixture(scope="module")
def evaluated() -> Iterator[dict[str, Evaluated]]:
    """A few cases of the triage suite, without a key and with one, at once: most of their time is imports."""
    with QueriedLangSmith() as idle, QueriedLangSmith() as busy:
        began = {
            "without a key": (idle, _begin(LANGSMITH_ENDPOINT=idle.url)),
            "with a key": (busy, _begin(**busy.environment())),
        }
        yield {name: _finish(langsmith, process) for name, (langsmith, process) in began.items()}


def _begin(**environment: str) -> subprocess.Popen[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("LANG", "OPENAI_", "MODEL"))}
    plugins = ("langsmith.pytest_plugin", "pytest_asyncio.plugin", "pytest_timeout")  # all there are take seconds
    options = ["--cases", "8", "--quiet", *(f"-p{plugin}" for plugin in plugins)]
    return subprocess.Popen(
        [sys.executable, "-m", "pytest", *options, "tests/evaluations/evaluate_triage.py"],
        cwd=REPO,
        env={**inherited, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _finish(langsmith: QueriedLangSmith, process: subprocess.Popen[str]) -> Evaluated:
    printed, _ = process.communicate(timeout=250)
    return Evaluated(process.returncode, printed, langsmith)


def test_without_a_key_the_scores_are_printed_and_nothing_is_sent(evaluated: dict[str, Evaluated]) -> None:
    done = evaluated["without a key"]
    assert done.code == 0, done.printed
    assert "model: demo-rules-1" in done.printed and "emergency recall" in done.printed
    assert done.langsmith.requests == []


def test_with_a_key_each_case_is_an_example_and_the_scores_are_an_experiments_feedback(
    evaluated: dict[str, Evaluated],
) -> None:
    done = evaluated["with a key"]
    assert done.code == 0, done.printed
    langsmith = done.langsmith
    roots = [run for run in langsmith.runs if run.get("reference_example_id")]
    (dataset,) = langsmith.datasets.values()
    (experiment,) = (one for one in langsmith.sessions.values() if one["reference_dataset_id"])
    assert (dataset["name"], experiment["reference_dataset_id"]) == ("planloom triage", dataset["id"])
    assert experiment["name"].startswith("demo-rules-1:")
    examples = langsmith.examples.values()
    assert all(one["inputs"]["sentence"] and one["outputs"]["level"] for one in examples)
    assert {run["reference_example_id"] for run in roots} == set(langsmith.examples)
    assert all(run["session_id"] == experiment["id"] and run["outputs"]["level"] for run in roots)
    scored = {(one["run_id"], one["key"]): one["score"] for one in langsmith.feedback}
    for run in roots:
        assert scored[run["id"], "pass"] == 1
        assert any(key != "pass" for of, key in scored if of == run["id"])


def test_a_score_beyond_its_limit_is_named() -> None:
    scores = Scores()
    for value in (1.0, 0.0, 1.0, 1.0):
        scores.add("triage", "recall", value)
        scores.add("edits", "collateral", 1 - value)
    assert scores.beyond("triage", {"recall": 0.75}) == []
    edits = scores.beyond("edits", {"collateral": 0.005}, at_most=frozenset({"collateral"}))
    assert edits == ["edits: collateral is 25.0%, at most 0.5% is wanted"]
    with pytest.raises(AssertionError, match="no case of retrieval was run"):
        scores.beyond("retrieval", {})
    assert [one.holds for one in scores.measures] == [True, False]
