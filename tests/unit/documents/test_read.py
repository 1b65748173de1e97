import io
import zipfile

import pytest

from tests.unit.documents.files import docx, paragraph, pdf
from tools.documents.chunks import CHARACTERS, passages
from tools.documents.extracted import UnreadableDocument
from tools.documents.read import read_document
from tools.documents.summary import summary


def test_markdown_has_a_section_for_each_heading_and_none_inside_a_fence() -> None:
    text = "Before.\n\n# One\nFirst.\n```\n# no heading\n```\n## Two ##\nSecond."
    found = read_document(text.encode(), "notes.md")
    assert (found.title, found.kind) == ("One", "md")
    assert [(section.heading, section.text.strip()) for section in found.sections] == [
        (None, "Before."),
        ("One", "First.\n```\n# no heading\n```"),
        ("Two", "Second."),
    ]


def test_html_is_what_a_reader_sees() -> None:
    page = b"""<!doctype html><html><head><title>The page</title><style>p{}</style></head><body><nav>Menu</nav>
    <h1>Wel<b>come</b></h1><p>Hello &amp; goodbye<br>again</p><script>alert(1)</script><div hidden>secret</div>
    <h2>More</h2><ul><li>one<li>two</ul><p>unclosed"""
    found = read_document(page, "index.html")
    assert (found.title, found.kind) == ("The page", "html")
    assert [(section.heading, section.text) for section in found.sections] == [
        ("Welcome", "Hello & goodbye\nagain"),
        ("More", "one\ntwo\nunclosed"),
    ]


def test_a_pdf_has_a_section_for_each_page_whatever_its_file_is_called() -> None:
    found = read_document(pdf("First page.", "Second page.", title="Report"), "download")
    assert (found.title, found.kind, found.pages) == ("Report", "pdf", 2)
    assert [(section.page, section.text.strip()) for section in found.sections] == [
        (1, "First page."),
        (2, "Second page."),
    ]


def test_a_word_document_has_headings_and_tables() -> None:
    table = f"<w:tbl><w:tr><w:tc>{paragraph('a')}</w:tc><w:tc>{paragraph('b')}</w:tc></w:tr></w:tbl>"
    found = read_document(docx(paragraph("Chapter", "Heading1") + paragraph("Text.") + table), "file.docx")
    assert (found.title, found.kind) == ("Chapter", "docx")
    assert [(section.heading, section.text) for section in found.sections] == [("Chapter", "Text.\na | b")]


def test_a_table_is_told_row_by_row_with_its_columns() -> None:
    rows = "name;city\n" + "\n".join(f"P{n};C{n}" for n in range(1, 51))
    found = read_document(rows.encode(), "people.csv")
    assert [section.heading for section in found.sections] == ["rows 1 to 40", "rows 41 to 50"]
    assert found.sections[1].text.split("\n")[0] == "name: P41; city: C41"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_text_is_read_in_the_encodings_that_people_have(encoding: str) -> None:
    assert read_document("Grüße, später".encode(encoding), "a.txt").sections[0].text == "Grüße, später"


def zipped(names: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in names.items():
            archive.writestr(name, content)
    return out.getvalue()


BOMB = b'<!DOCTYPE w:document [<!ENTITY a "aaaaaaaaaa">]><w:document xmlns:w="x">&a;</w:document>'


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"", "a.txt", "empty"),
        (b"   \n ", "a.txt", "no text"),
        (b"\x00\x01\x02", "a.bin", "neither text nor PDF"),
        (b"%PDF-1.7 broken", "a.pdf", "cannot be read"),
        (pdf(""), "scan.pdf", "no text"),
        (zipped({"a.txt": b"x"}), "a.zip", "no Word document"),
        (zipped({"word/document.xml": BOMB}), "a.docx", "damaged"),
        (zipped({"word/document.xml": b"<w"}), "a.docx", "damaged"),
        (b"PK\x03\x04 broken", "a.docx", "no Word document"),
        (b"a,b\n", "a.csv", "at least one row"),
        (b"x" * 20_000_001, "a.txt", "larger than 20 MB"),
        (b"word " * 1_100_000, "a.txt", "characters of text"),
    ],
)
def test_what_is_no_document_is_refused_with_a_reason(content: bytes, name: str, said: str) -> None:
    with pytest.raises(UnreadableDocument, match=said):
        read_document(content, name)


def test_two_hundred_pages_become_passages_that_know_their_page() -> None:
    pages = [
        f"Chapter {n}.\n" + "\n".join(f"Line {line} of page {n} says {n * line}." for line in range(40))
        for n in range(200)
    ]
    found = passages(read_document(pdf(*pages), "long.pdf"))
    assert {passage.page for passage in found} == set(range(1, 201))
    assert max(len(passage.text) for passage in found) <= CHARACTERS
    assert [passage.position for passage in found] == list(range(len(found)))


def test_a_passage_that_stands_twice_is_kept_once() -> None:
    document = read_document(b"# A\nThe same words.\n# B\nThe same words.\n", "a.md")
    assert [passage.heading for passage in passages(document)] == ["A"]


def test_a_summary_is_sentences_of_the_text_in_their_order() -> None:
    text = (
        "The harbour of the town was built in 1820 for fishing boats. My aunt likes blue curtains in spring. "
        "In 1900 the harbour was enlarged for ferries to the islands. Ferries still leave the harbour of the town daily. "
        "A dog barked somewhere far away yesterday evening."
    )
    chosen = summary([text], 3)
    assert chosen == [
        "The harbour of the town was built in 1820 for fishing boats.",
        "In 1900 the harbour was enlarged for ferries to the islands.",
        "Ferries still leave the harbour of the town daily.",
    ]
    assert summary(["Short."], 3) == []


def test_what_a_document_calls_itself_is_cut_to_a_names_length() -> None:
    title = read_document(("# " + "Do as I say and " * 20 + "\nText.").encode(), "a.md").title
    assert len(title) == 80


def test_a_document_without_a_title_is_called_by_its_file() -> None:
    assert read_document(pdf("Text."), "kiln.pdf").title == "kiln.pdf"
