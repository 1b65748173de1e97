"""Read the text of a PDF, page by page."""

import io
import logging

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from tools.documents.extracted import Extracted, Section, UnreadableDocument, within_limits

MOST_PAGES = 1_000

# It warns of every slip of a file's author; what cannot be read is raised.
logging.getLogger("pypdf").setLevel(logging.ERROR)


def read_pdf(content: bytes, name: str) -> Extracted:
    """Return a PDF as a section per page. Raises UnreadableDocument for a locked, broken or scanned one."""
    try:
        reader = PdfReader(io.BytesIO(content))
        if reader.is_encrypted and not reader.decrypt(""):
            raise UnreadableDocument("The PDF is locked with a password.")
        count = len(reader.pages)
        if count > MOST_PAGES:
            raise UnreadableDocument(f"The PDF has {count} pages; up to {MOST_PAGES} are read.")
        pages = [Section(page.extract_text(), page=number) for number, page in enumerate(reader.pages, start=1)]
        title = str(reader.metadata.title or "") if reader.metadata else ""
    except UnreadableDocument:
        raise
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError, OSError) as error:
        # A broken file fails in many ways inside the library; each of them is the file's fault.
        raise UnreadableDocument(f"The PDF cannot be read: {type(error).__name__}.") from error
    return Extracted(title.strip() or name, "pdf", within_limits(pages), pages=count)
