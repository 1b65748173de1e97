"""The shipped running articles answer questions that use other words than they do."""

from pathlib import Path

import pytest

import tools.running
from tools.knowledge.index import KnowledgeIndex

FOLDER = Path(tools.running.__file__).with_name("knowledge")

# A runner's question, and the article that answers it.
QUESTIONS = {
    "Do I have to do fewer miles before competition day?": "taper",
    "I feel sluggish a few days ahead of my event, is that bad?": "taper",
    "I was ill and could not train for ten days, how do I come back?": "missed-weeks",
    "Can I do Tuesday's workout on Wednesday instead?": "moving-sessions",
    "My knee aches every time I jog, should I see a doctor?": "injury-signs",
    "What should I eat on a two hour outing?": "fuelling",
    "How much water do I need?": "fuelling",
    "It will be 32 degrees on Sunday, can I still go out?": "heat",
    "Is it OK to chat with a friend while jogging?": "easy-pace",
    "Should I start quickly to bank some time?": "race-day-pacing",
    "Is weight lifting useful for endurance athletes?": "strength",
    "I only get five hours in bed a night": "sleep-and-recovery",
    "Why is my mileage lower every fourth week?": "cut-back-weeks",
    "How many kilometres should my weekend endurance session have?": "long-runs",
    "What does training at threshold do for me?": "tempo-running",
}


@pytest.fixture(autouse=True)
def _local_embeddings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMBEDDINGS", "local")


async def test_the_right_article_is_mostly_among_the_first_hits(database_env: str) -> None:
    index = KnowledgeIndex("running", FOLDER)
    found = {
        question: [hit.id.partition("#")[0] for hit in await index.search(question, k=5)] for question in QUESTIONS
    }
    # Measured when written: 15 of 15 among five hits (what an agent gets), 13 of 15 among three.
    for k, share in ((5, 0.9), (3, 0.8)):
        right = [question for question, article in QUESTIONS.items() if article in found[question][:k]]
        assert len(right) >= share * len(QUESTIONS), {question: found[question] for question in QUESTIONS}
