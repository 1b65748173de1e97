"""Retrieval: is the article that answers a question among the first passages that are found for it."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from langsmith import testing

import tools
from tests.acceptance.server.live import fresh_database
from tests.evaluations.scores import Scores
from tools.knowledge.index import KnowledgeIndex

SUITE = "retrieval"
QUESTIONS = Path(__file__).parents[1] / "data" / "knowledge" / "questions.tsv"
SHOWN = 5  # passages that an agent gets

AT_3, AT_5, RANK = "recall@3", "recall@5", "reciprocal rank"
LIMITS = {AT_3: 0.8, AT_5: 0.9, RANK: 0.65}


@dataclass(frozen=True)
class Question:
    """What somebody asks, and the article of a collection that answers it."""

    collection: str
    article: str
    text: str


def cases() -> list[Question]:
    """The questions of the file."""
    lines = QUESTIONS.read_text(encoding="utf-8").splitlines()
    return [Question(*line.split("\t")) for line in lines if line and not line.startswith("#")]


@pytest.fixture(scope="module")
def indexes(
    postgres_url: str, template_database: str, environment: pytest.MonkeyPatch
) -> Iterator[dict[str, KnowledgeIndex]]:
    """Every domain's articles in one database."""
    with fresh_database(postgres_url, template_database) as url:
        environment.setenv("DATABASE_URL", url)
        folder = Path(next(iter(tools.__path__)))
        yield {name: KnowledgeIndex(name, folder / name / "knowledge") for name in {one.collection for one in cases()}}


@pytest.mark.langsmith(test_suite_name="planloom retrieval")
def test_the_article_that_answers_is_found(case: Question, indexes: dict[str, KnowledgeIndex], scores: Scores) -> None:
    testing.log_inputs({"collection": case.collection, "question": case.text})
    testing.log_reference_outputs({"article": case.article})
    hits = asyncio.run(indexes[case.collection].search(case.text, k=SHOWN))
    articles = [hit.id.partition("#")[0] for hit in hits]
    testing.log_outputs({"hits": [{"id": hit.id, "score": round(hit.score, 4)} for hit in hits]})
    rank = articles.index(case.article) + 1 if case.article in articles else None
    for name, value in (
        (AT_3, float(rank is not None and rank <= 3)),
        (AT_5, float(rank is not None)),
        (RANK, 1 / rank if rank else 0.0),
    ):
        scores.add(SUITE, name, value)
        testing.log_feedback(key=name, score=value)
    assert len(hits) == SHOWN
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_the_scores_keep_their_limits(scores: Scores) -> None:
    assert scores.beyond(SUITE, LIMITS) == []
