"""Reading articles: Markdown with a title and a source, cut into passages of about 200 tokens."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# About 200 tokens: English prose has roughly four tokens to three words.
MAX_WORDS = 150
FENCE = "---"
HEADING = re.compile(r"^#{1,6}\s+(?P<text>.+?)\s*#*$")
SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
NOT_SLUG = re.compile(r"[^a-z0-9]+")


class ArticleError(ValueError):
    """An article that cannot be cited: it lacks its front matter, a title or a source."""


@dataclass(frozen=True)
class Chunk:
    """A passage of an article, small enough to embed and to quote.

    `anchor` names its place for people (`taper#the-last-week`, then `taper#the-last-week-2`); `source` says who
    the article rests on.
    """

    anchor: str
    title: str
    heading: str
    source: str
    text: str

    @property
    def content_hash(self) -> str:
        """SHA-256 (hex) of everything that is stored: equal chunks need no second embedding."""
        fields = (self.anchor, self.title, self.heading, self.source, self.text)
        return hashlib.sha256("\0".join(fields).encode()).hexdigest()

    @property
    def embedded_text(self) -> str:
        """What is embedded: the passage below the headings that say what it is about."""
        topic = f"{self.title}: {self.heading}" if self.heading else self.title
        return f"{topic}\n{self.text}"


def read_folder(folder: Path) -> list[Chunk]:
    """Chunks of every `*.md` file of `folder`, by name. Reads files: call it in a thread.

    Raises ArticleError for an article without front matter, and if there is no article at all.
    """
    files = sorted(folder.glob("*.md"))
    if not files:
        raise ArticleError(f"{folder} holds no articles (*.md)")
    return [chunk for file in files for chunk in parse_article(file.stem, file.read_text(encoding="utf-8"))]


def parse_article(name: str, markdown: str) -> list[Chunk]:
    """Chunks of one article called `name`; raises ArticleError if it cannot be cited."""
    fields, body = split_front_matter(name, markdown)
    for field in ("title", "source"):
        if not fields.get(field):
            raise ArticleError(f"article {name!r} has no {field!r} in its front matter")
    used: dict[str, int] = {}
    chunks = []
    for heading, text in passages(body, fields["title"]):
        slug = f"{name}#{slugify(heading)}" if heading else name
        used[slug] = used.get(slug, 0) + 1
        anchor = slug if used[slug] == 1 else f"{slug}-{used[slug]}"
        chunks.append(Chunk(anchor, fields["title"], heading, fields["source"], text))
    return chunks


def split_front_matter(name: str, markdown: str) -> tuple[dict[str, str], str]:
    """The `key: value` lines between the two `---` lines, and what follows them."""
    lines = markdown.lstrip("\ufeff").splitlines()
    if not lines or lines[0].strip() != FENCE or FENCE not in [line.strip() for line in lines[1:]]:
        raise ArticleError(f"article {name!r} does not start with front matter between two lines of '---'")
    end = next(index for index, line in enumerate(lines) if index and line.strip() == FENCE)
    pairs = (line.partition(":") for line in lines[1:end] if line.strip())
    fields = {key.strip(): value.strip().strip("\"'") for key, _, value in pairs}
    return fields, "\n".join(lines[end + 1 :])


def passages(body: str, title: str) -> Iterator[tuple[str, str]]:
    """(heading, text) of each passage; a heading that repeats the title counts as none."""
    for heading, paragraphs in sections(body):
        shown = "" if heading == title else heading
        for text in fill(paragraphs):
            yield shown, text


def sections(body: str) -> Iterator[tuple[str, list[str]]]:
    """(heading, paragraphs) of each section that has text."""
    heading, block = "", list[str]()
    paragraphs: list[str] = []
    for line in [*body.splitlines(), ""]:
        found = HEADING.match(line)
        if (found or not line.strip()) and block:
            paragraphs.append("\n".join(block))
            block = []
        if found:
            if paragraphs:
                yield heading, paragraphs
            heading, paragraphs = found["text"], []
        elif line.strip():
            block.append(line.rstrip())
    if paragraphs:
        yield heading, paragraphs


def fill(paragraphs: list[str]) -> Iterator[str]:
    """Paragraphs joined up to the size of a passage; one that is longer is cut between sentences."""
    passage: list[str] = []
    words = 0
    for piece in (piece for paragraph in paragraphs for piece in cut(paragraph)):
        length = len(piece.split())
        if passage and words + length > MAX_WORDS:
            yield "\n\n".join(passage)
            passage, words = [], 0
        passage.append(piece)
        words += length
    if passage:
        yield "\n\n".join(passage)


def cut(paragraph: str) -> Iterator[str]:
    """`paragraph` in pieces of at most MAX_WORDS words, between sentences, or words if a sentence is longer."""
    if len(paragraph.split()) <= MAX_WORDS:
        yield paragraph
        return
    piece: list[str] = []
    for sentence in SENTENCE_END.split(paragraph):
        words = sentence.split()
        if piece and len(piece) + len(words) > MAX_WORDS:
            yield " ".join(piece)
            piece = []
        while len(words) > MAX_WORDS:
            yield " ".join(words[:MAX_WORDS])
            words = words[MAX_WORDS:]
        piece += words
    if piece:
        yield " ".join(piece)


def slugify(text: str) -> str:
    """`text` in lower case, with hyphens for what is neither letter nor digit."""
    return NOT_SLUG.sub("-", text.lower()).strip("-")
