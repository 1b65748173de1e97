"""Cut a document into passages that are short enough to embed and long enough to understand."""

import hashlib
import uuid
from dataclasses import dataclass

from langchain_text_splitters import RecursiveCharacterTextSplitter

from tools.documents.extracted import Extracted

CHARACTERS = 800
OVERLAP = 120
_NAMESPACE = uuid.UUID("3d2b6d0a-5a52-5c0e-9b26-6f3f0a8a4b11")


@dataclass(frozen=True)
class Passage:
    """A piece of a document: its place in it, and its own words. `start` is where they begin in their section."""

    position: int
    text: str
    heading: str | None
    page: int | None
    start: int

    def id_in(self, room: str, document: str) -> str:
        """A UUID made of where the passage is: the same document read twice has the same ids."""
        return str(uuid.uuid5(_NAMESPACE, f"{room}\0{document}\0{self.position}"))


def document_id(content: bytes) -> str:
    """Return the id of a file: its content's hash, so that the same file is the same document."""
    return hashlib.sha256(content).hexdigest()[:16]


def passages(document: Extracted) -> list[Passage]:
    """Return a document's passages in order, each once however often it stands there."""
    splitter = RecursiveCharacterTextSplitter(chunk_size=CHARACTERS, chunk_overlap=OVERLAP, add_start_index=True)
    found: list[Passage] = []
    seen: set[str] = set()
    for section in document.sections:
        for piece in splitter.create_documents([section.text]):
            words = " ".join(piece.page_content.split())
            if words and words not in seen:
                seen.add(words)
                start = int(piece.metadata["start_index"])
                found.append(Passage(len(found), piece.page_content.strip(), section.heading, section.page, start))
    return found
