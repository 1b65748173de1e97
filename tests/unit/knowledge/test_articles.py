"""Articles are cut into passages that can be cited."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.knowledge.articles import MAX_WORDS, ArticleError, parse_article, read_folder

FRONT = '---\ntitle: The taper\nsource: "Bosquet et al. (2007): a meta-analysis"\n---\n'


def test_each_section_becomes_a_passage_with_its_heading_and_source() -> None:
    body = "# The taper\n\nRun less.\n\n## How long\n\nTwo weeks.\nOr three.\n\n### Speed\nKeep it.\n"
    chunks = parse_article("taper", FRONT + body)
    assert [(chunk.anchor, chunk.heading, chunk.text) for chunk in chunks] == [
        ("taper", "", "Run less."),
        ("taper#how-long", "How long", "Two weeks.\nOr three."),
        ("taper#speed", "Speed", "Keep it."),
    ]
    assert {chunk.source for chunk in chunks} == {"Bosquet et al. (2007): a meta-analysis"}
    assert chunks[1].embedded_text == "The taper: How long\nTwo weeks.\nOr three."


def test_paragraphs_share_a_passage_until_it_is_full() -> None:
    paragraph = " ".join(["word"] * 60) + "."
    chunks = parse_article("taper", FRONT + "## Long\n\n" + "\n\n".join([paragraph] * 5))
    assert [len(chunk.text.split()) for chunk in chunks] == [120, 120, 60]
    assert [chunk.anchor for chunk in chunks] == ["taper#long", "taper#long-2", "taper#long-3"]


def test_a_long_paragraph_is_cut_between_sentences() -> None:
    sentence = "Easy running builds the base that hard running needs."
    chunks = parse_article("base", FRONT + " ".join([sentence] * 40))
    assert len(chunks) == 3
    assert all(chunk.text.endswith("needs.") for chunk in chunks)


def test_equal_headings_get_different_anchors() -> None:
    chunks = parse_article("a", FRONT + "## Rest\n\nOne.\n\n## Rest\n\nTwo.\n")
    assert [chunk.anchor for chunk in chunks] == ["a#rest", "a#rest-2"]


def test_the_hash_changes_with_whatever_is_stored() -> None:
    one = parse_article("taper", FRONT + "Run less.")[0]
    same = parse_article("taper", FRONT + "\nRun less.\n\n")[0]
    other_text = parse_article("taper", FRONT + "Run more.")[0]
    other_source = parse_article("taper", FRONT.replace("2007", "2008") + "Run less.")[0]
    assert one.content_hash == same.content_hash
    assert len({chunk.content_hash for chunk in (one, other_text, other_source)}) == 3


@pytest.mark.parametrize(
    "markdown",
    ["No front matter.", "---\ntitle: Only a title\n---\nText.", "---\nsource: Only a source\n---\nText.", "", "---\n"],
)
def test_an_article_that_cannot_be_cited_is_refused_by_name(markdown: str) -> None:
    with pytest.raises(ArticleError, match="'stretching'"):
        parse_article("stretching", markdown)


def test_a_folder_is_read_in_order_of_names(tmp_path: Path) -> None:
    for name in ("b", "a"):
        (tmp_path / f"{name}.md").write_text(FRONT + f"Text of {name}.\n", encoding="utf-8")
    (tmp_path / "notes.txt").write_text("ignored", encoding="utf-8")
    assert [chunk.anchor for chunk in read_folder(tmp_path)] == ["a", "b"]


def test_a_folder_without_articles_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArticleError, match="no articles"):
        read_folder(tmp_path)


words = st.lists(st.sampled_from(["run", "rest.", "pace!", "km", "week?"]), min_size=1, max_size=400).map(" ".join)


@given(st.lists(words, min_size=1, max_size=4))
def test_no_word_is_lost_or_repeated_and_no_passage_is_too_long(paragraphs: list[str]) -> None:
    chunks = parse_article("x", FRONT + "\n\n".join(paragraphs))
    assert " ".join(chunk.text for chunk in chunks).split() == " ".join(paragraphs).split()
    assert all(len(chunk.text.split()) <= MAX_WORDS for chunk in chunks)
