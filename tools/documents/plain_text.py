"""Read plain text, Markdown and tables of comma-separated values."""

import csv
import io
import re

from tools.documents.extracted import Extracted, Section, UnreadableDocument, within_limits

_HEADING = re.compile(r"^(?P<level>#{1,6})\s+(?P<text>.+?)\s*#*$")
_FENCE = re.compile(r"^\s*(```|~~~)")
_ROWS_OF_SECTION = 40
_MOST_COLUMNS = 200


def decode(content: bytes) -> str:
    """Return bytes as text: UTF-8, UTF-16 with a mark, else Windows-1252. Raises UnreadableDocument for binary data."""
    wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    if b"\x00" in content and not wide:
        raise UnreadableDocument("The file is binary, not text.")
    for encoding in ("utf-16",) if wide else ("utf-8-sig", "cp1252"):
        try:
            return content.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
        except UnicodeDecodeError:
            continue
    raise UnreadableDocument("The text is in no encoding that I know; save it as UTF-8.")


def read_text(content: bytes, name: str) -> Extracted:
    """Return a plain text as one section. Raises UnreadableDocument."""
    return Extracted(name, "txt", within_limits([Section(decode(content))]))


def read_markdown(content: bytes, name: str) -> Extracted:
    """Return Markdown as a section per heading; a `#` inside a fence is no heading. Raises UnreadableDocument."""
    sections: list[Section] = []
    heading: str | None = None
    title: str | None = None
    lines: list[str] = []
    fenced = False
    for line in decode(content).split("\n"):
        fenced ^= bool(_FENCE.match(line))
        found = None if fenced else _HEADING.match(line)
        if found:
            sections.append(Section("\n".join(lines), heading))
            heading, lines = found["text"], []
            title = title or heading
        else:
            lines.append(line)
    sections.append(Section("\n".join(lines), heading))
    return Extracted(title or name, "md", within_limits(sections))


def read_table(content: bytes, name: str) -> Extracted:
    """Return a CSV as sections of forty rows, each row told with its columns' names. Raises UnreadableDocument."""
    text = decode(content)
    try:
        dialect = csv.Sniffer().sniff(text[:8000], delimiters=",;\t|")
    except csv.Error:
        dialect = csv.excel
    try:
        rows = [row for row in csv.reader(io.StringIO(text), dialect) if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise UnreadableDocument(f"The table cannot be read: {error}.") from error
    if len(rows) < 2 or len(rows[0]) > _MOST_COLUMNS:
        raise UnreadableDocument(f"A table needs a heading, at least one row and at most {_MOST_COLUMNS} columns.")
    heads, *body = rows
    told = [
        "; ".join(f"{head.strip()}: {cell.strip()}" for head, cell in zip(heads, row, strict=False) if cell.strip())
        for row in body
    ]
    starts = range(0, len(told), _ROWS_OF_SECTION)
    parts = [(start + 1, told[start : start + _ROWS_OF_SECTION]) for start in starts]
    sections = [Section("\n".join(part), f"rows {first} to {first + len(part) - 1}") for first, part in parts]
    return Extracted(name, "csv", within_limits(sections))
