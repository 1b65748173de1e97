"""Read a document of any kind that is known: its kind is told by what it holds, then by its name."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import PurePosixPath

from tools.documents.docx import read_docx
from tools.documents.extracted import MOST_BYTES, DocumentKind, Extracted, UnreadableDocument
from tools.documents.html_text import read_html
from tools.documents.pdf import read_pdf
from tools.documents.plain_text import read_markdown, read_table, read_text

_READERS: dict[DocumentKind, Callable[[bytes, str], Extracted]] = {
    "txt": read_text,
    "md": read_markdown,
    "html": read_html,
    "pdf": read_pdf,
    "docx": read_docx,
    "csv": read_table,
}
_ENDINGS: dict[str, DocumentKind] = {
    "md": "md",
    "markdown": "md",
    "html": "html",
    "htm": "html",
    "xhtml": "html",
    "csv": "csv",
    "tsv": "csv",
}
_LONGEST_NAME = 120
_LONGEST_TITLE = 80
_NO_TITLES = frozenset({"untitled", "untitled document", "(unspecified)", "(anonymous)", "anonymous"})
"""What programs write where nobody gave a title."""


def read_document(content: bytes, name: str) -> Extracted:
    """Return a document's text. Raises UnreadableDocument, with a sentence, for what is no document or too large.

    Parsing takes time: call it in a thread where an event loop runs.
    """
    if not content:
        raise UnreadableDocument("The file is empty.")
    if len(content) > MOST_BYTES:
        raise UnreadableDocument(f"The file is larger than {MOST_BYTES // 1_000_000} MB.")
    plain = PurePosixPath(name.replace("\\", "/")).name[:_LONGEST_NAME] or "document"
    read = _READERS[kind_of(content, plain)](content, plain)
    # What a document calls itself is said by the host: a name's length of it, on one line.
    title = " ".join(read.title.split())[:_LONGEST_TITLE]
    return replace(read, title=plain if title.casefold() in _NO_TITLES else title or plain)


def kind_of(content: bytes, name: str) -> DocumentKind:
    """Return what kind of document this is. Raises UnreadableDocument for archives, pictures and the like."""
    if content.lstrip()[:5] == b"%PDF-":
        return "pdf"
    if content.startswith(b"PK\x03\x04"):
        return "docx"
    start = content[:1000].lstrip().lower()
    if start.startswith((b"<!doctype html", b"<html")) or b"<html" in start:
        return "html"
    if b"\x00" in content[:1000] and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UnreadableDocument("The file is neither text nor PDF nor Word (.docx).")
    return _ENDINGS.get(name.rpartition(".")[2].lower(), "txt")
