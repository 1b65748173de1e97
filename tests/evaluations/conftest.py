"""What all evaluations share: how many cases, which model, where the scores go."""

import os
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

import pytest
from rich.console import Console

from agent.models import describe_model
from tests.evaluations.scores import Scores

_Case = TypeVar("_Case")
_SCORES = pytest.StashKey[Scores]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--cases", type=int, help="evaluate about so many cases of each suite; all by default")


def pytest_configure(config: pytest.Config) -> None:
    """Without a key nothing is recorded: LangSmith's integration runs the tests and sends nothing."""
    config.stash[_SCORES] = Scores()
    is_recorded = bool(os.environ.get("LANGSMITH_API_KEY"))
    if not is_recorded:
        os.environ["LANGSMITH_TEST_TRACKING"] = "false"
    os.environ["LANGSMITH_TRACING"] = str(is_recorded).lower()  # the integration wants both
    os.environ.setdefault("LANGSMITH_EXPERIMENT", describe_model(None, os.environ).name)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A module's `cases()` are the parameters of its tests that take a `case`, thinned out evenly by `--cases`."""
    if "case" in metafunc.fixturenames:
        cases = _some(list(metafunc.module.cases()), metafunc.config.getoption("--cases"))
        metafunc.parametrize("case", cases, ids=[str(number) for number in range(len(cases))])


@pytest.fixture(scope="session")
def scores(pytestconfig: pytest.Config) -> Scores:
    """Where every case's scores go."""
    return pytestconfig.stash[_SCORES]


@pytest.fixture(scope="session")
def langsmith_experiment_metadata() -> dict[str, Any]:
    """What LangSmith is told of an experiment."""
    return {"model": describe_model(None, os.environ).name, "embeddings": os.environ.get("EMBEDDINGS", "local")}


@pytest.fixture(scope="module")
def environment() -> Iterator[pytest.MonkeyPatch]:
    """Variables for all tests of a file."""
    with pytest.MonkeyPatch.context() as patched:
        yield patched


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """The figures, after the tests."""
    scores = config.stash[_SCORES]
    if scores.measures:
        console = Console(width=100)
        with console.capture() as captured:
            console.print(scores.table())
        terminalreporter.write_line(f"\nmodel: {describe_model(None, os.environ).name}\n{captured.get()}")


def _some(cases: Sequence[_Case], wanted: int | None) -> Sequence[_Case]:
    if wanted is None or wanted >= len(cases):
        return cases
    return [cases[(2 * place + 1) * len(cases) // (2 * wanted)] for place in range(wanted)]
