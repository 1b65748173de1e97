"""Read the text of a Word document (.docx): its paragraphs under its headings, its tables row by row.

Source of the format: ECMA-376, Office Open XML, part 1, WordprocessingML.
"""

import io
import zipfile
from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from tools.documents.extracted import Extracted, Section, UnreadableDocument, within_limits

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_BODY = "word/document.xml"
_MOST_UNPACKED = 100_000_000


def read_docx(content: bytes, name: str) -> Extracted:
    """Return a document as a section per heading. Raises UnreadableDocument."""
    body = _root(content).find(f"{_W}body")
    if body is None:
        raise UnreadableDocument("The Word document has no body.")
    sections: list[Section] = []
    heading: str | None = None
    title: str | None = None
    lines: list[str] = []
    for paragraph, style in _paragraphs(body):
        if style.lower().startswith(("heading", "title")) and paragraph:
            sections.append(Section("\n".join(lines), heading))
            heading, lines = paragraph, []
            title = title or heading
        elif paragraph:
            lines.append(paragraph)
    sections.append(Section("\n".join(lines), heading))
    return Extracted(title or name, "docx", within_limits(sections))


def _root(content: bytes) -> Element:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if archive.getinfo(_BODY).file_size > _MOST_UNPACKED:
                raise UnreadableDocument("The Word document is too large once unpacked.")
            with archive.open(_BODY) as file:
                # The size that an archive states may be a lie.
                text = file.read(_MOST_UNPACKED + 1)
    except (zipfile.BadZipFile, KeyError, OSError, RuntimeError, NotImplementedError) as error:
        raise UnreadableDocument("The file is no Word document (.docx).") from error
    if len(text) > _MOST_UNPACKED:
        raise UnreadableDocument("The Word document is too large once unpacked.")
    try:
        root: Element = fromstring(text, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise UnreadableDocument("The Word document's text is damaged.") from error
    return root


def _paragraphs(body: Element) -> Iterator[tuple[str, str]]:
    """The paragraphs with their styles; a table's row is one, its cells parted by bars."""
    for block in body:
        if block.tag == f"{_W}p":
            yield _text(block), _style(block)
        elif block.tag == f"{_W}tbl":
            for row in block.iter(f"{_W}tr"):
                cells = (" ".join(_text(p) for p in cell.iter(f"{_W}p")).strip() for cell in row.iter(f"{_W}tc"))
                yield " | ".join(cells), ""


def _text(paragraph: Element) -> str:
    parts = {f"{_W}tab": "\t", f"{_W}br": "\n", f"{_W}cr": "\n"}
    return "".join(
        (node.text or "") if node.tag == f"{_W}t" else parts.get(str(node.tag), "") for node in paragraph.iter()
    ).strip()


def _style(paragraph: Element) -> str:
    found = paragraph.find(f"{_W}pPr/{_W}pStyle")
    return found.get(f"{_W}val", "") if found is not None else ""
