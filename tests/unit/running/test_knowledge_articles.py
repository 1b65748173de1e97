from pathlib import Path

import tools.running
from tools.knowledge.articles import read_folder

FOLDER = Path(tools.running.__file__).parent / "knowledge"


def test_there_is_an_article_on_every_subject_a_plan_touches() -> None:
    assert {article.stem for article in FOLDER.glob("*.md")} >= {
        "tempo-running", "long-runs", "taper", "easy-pace", "cut-back-weeks", "moving-sessions", "missed-weeks",
        "injury-signs", "fuelling", "strength", "race-day-pacing", "heat", "sleep-and-recovery",
    }  # fmt: skip


def test_every_article_can_be_read_and_cited() -> None:
    chunks = read_folder(FOLDER)
    assert {chunk.anchor.split("#")[0] for chunk in chunks} == {article.stem for article in FOLDER.glob("*.md")}
    assert all(chunk.title and chunk.source and chunk.heading for chunk in chunks)
