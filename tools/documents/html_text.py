"""Read the text of an HTML page: what a reader sees, under its headings."""

from html.parser import HTMLParser

from tools.documents.extracted import Extracted, Section, within_limits
from tools.documents.plain_text import decode

_HIDDEN = frozenset({"script", "style", "noscript", "template", "svg", "head", "nav", "iframe", "object"})
_BREAKS = frozenset(
    {"p", "div", "br", "li", "tr", "table", "section", "article", "ul", "ol", "pre", "blockquote", "dt", "dd", "hr"}
)
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_VOID = frozenset({"br", "hr", "img", "input", "meta", "link", "wbr", "source", "area", "col"})


def read_html(content: bytes, name: str) -> Extracted:
    """Return a page as a section per heading; scripts, styles and navigation stay out. Raises UnreadableDocument."""
    page = _Page()
    page.feed(decode(content))
    page.close()
    page.end_section()
    return Extracted(page.title.strip() or name, "html", within_limits(page.sections))


class _Page(HTMLParser):
    """Collects the visible text while the parser goes through a page; tags that are never closed do no harm."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.title = ""
        self.sections: list[Section] = []
        self._words: list[str] = []
        self._heading: str | None = None
        self._heading_words: list[str] | None = None
        self._hidden: list[str] = []
        self._in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "title":
            self._in_title = True
        elif tag in _HIDDEN or ("hidden", "") in attrs or ("hidden", None) in attrs:
            if tag not in _VOID:
                self._hidden.append(tag)
        elif tag in _HEADINGS and not self._hidden:
            self.end_section()
            self._heading_words = []
        elif tag in _BREAKS:
            self._words.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "title":
            self._in_title = False
        elif self._hidden and tag in self._hidden:
            while self._hidden.pop() != tag:
                pass
        elif tag in _HEADINGS and self._heading_words is not None:
            self._heading = " ".join("".join(self._heading_words).split()) or None
            self._heading_words = None
        elif tag in _BREAKS:
            self._words.append("\n")

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title += data
        elif self._hidden:
            return
        elif self._heading_words is not None:
            self._heading_words.append(data)
        else:
            self._words.append(data)

    def end_section(self) -> None:
        """Close the section that is being collected."""
        lines = (" ".join(line.split()) for line in "".join(self._words).split("\n"))
        self.sections.append(Section("\n".join(line for line in lines if line), self._heading))
        self._words = []
