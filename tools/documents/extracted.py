"""What a document says, apart from how its file is made."""

from dataclasses import dataclass
from typing import Literal

DocumentKind = Literal["txt", "md", "html", "pdf", "docx", "csv"]

MOST_BYTES = 20_000_000
MOST_CHARACTERS = 5_000_000
"""Text beyond this is not read: about 2,000 pages."""


class UnreadableDocument(ValueError):
    """A file that cannot be read as a document; `str(error)` is a sentence that says why."""


@dataclass(frozen=True)
class Section:
    """A stretch of text under one heading or on one page; `page` counts from 1, in kinds that have pages."""

    text: str
    heading: str | None = None
    page: int | None = None


@dataclass(frozen=True)
class Extracted:
    """A document's text in order; `title` is what it calls itself, or its file's name."""

    title: str
    kind: DocumentKind
    sections: tuple[Section, ...]
    pages: int | None = None

    @property
    def characters(self) -> int:
        """How long the text is."""
        return sum(len(section.text) for section in self.sections)


def within_limits(sections: list[Section]) -> tuple[Section, ...]:
    """Return the sections that say anything. Raises UnreadableDocument for none, or for too much text."""
    kept = tuple(section for section in sections if section.text.strip())
    if not kept:
        raise UnreadableDocument("The document has no text; a scan would have to be recognised first.")
    if sum(len(section.text) for section in kept) > MOST_CHARACTERS:
        raise UnreadableDocument(f"The document has more than {MOST_CHARACTERS:,} characters of text.")
    return kept
