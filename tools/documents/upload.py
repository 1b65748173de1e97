"""Documents that come with a message: read and put into the room, and told in a few facts."""

import asyncio
import base64
import binascii
from collections.abc import Sequence
from typing import Any

from langgraph.store.base import BaseStore
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tools.documents.extracted import UnreadableDocument
from tools.documents.library import DocumentLibrary, LibraryUnavailableError
from tools.documents.read import read_document

MOST_AT_ONCE = 20


class Upload(BaseModel):
    """A file as a client sends it: its name, and either its text or its bytes in base64."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=400)
    text: str | None = None
    base64: str | None = None

    def content(self) -> bytes:
        """Return the file's bytes. Raises UnreadableDocument for neither or both of the two, or bad base64."""
        if (self.text is None) == (self.base64 is None):
            raise UnreadableDocument("A file comes either as text or as base64.")
        if self.text is not None:
            return self.text.encode()
        try:
            return base64.b64decode(self.base64 or "", validate=True)
        except binascii.Error as error:
            raise UnreadableDocument("The base64 of the file is damaged.") from error


async def take_in(library: DocumentLibrary, store: BaseStore | None, room: str | None, files: Sequence[Any]) -> str:
    """Put files into a room and return a sentence on each: taken in, here already, or refused and why.

    A file never fails a conversation: what is wrong with it is told.
    """
    added: list[str] = []
    refused: list[str] = []
    if store is None or room is None:
        return "Documents need a conversation on a server with a store."
    for file in list(files)[:MOST_AT_ONCE]:
        try:
            upload = Upload.model_validate(file)
        except ValidationError as error:
            refused.append(f"a file is not as it should be: {error.errors()[0]['msg']}")
            continue
        try:
            content = upload.content()
            document = await asyncio.to_thread(read_document, content, upload.name)
            kept, new = await library.add(store, room, document, content)
            added.append(kept.name if new else f"{kept.name} (was here already)")
        except (UnreadableDocument, LibraryUnavailableError) as error:
            refused.append(f"{upload.name}: {error}")
    if len(files) > MOST_AT_ONCE:
        refused.append(f"only {MOST_AT_ONCE} files are taken at once, {len(files) - MOST_AT_ONCE} were left out")
    lines = [f"Taken in: {', '.join(added)}."] if added else []
    return " ".join([*lines, *(f"Not taken in: {line.rstrip('.')}." for line in refused)])
