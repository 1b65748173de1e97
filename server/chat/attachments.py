"""`/file PATH what to say`: a file that goes with a message, in the form in which our assistants take it."""

import asyncio
from base64 import b64encode
from pathlib import Path
from typing import Any

MOST_BYTES = 20_000_000
_ACTIVITIES = frozenset({".gpx", ".tcx"})
_RECORDINGS = frozenset({".mp3", ".mp4", ".m4a", ".wav", ".webm", ".ogg"})


class AttachmentError(ValueError):
    """A file that cannot be sent; the message says why."""


async def attachment(path: Path) -> dict[str, Any]:
    """Return the input that carries a file: a run from a watch for the coach, a recording or a document for a room.

    Raises AttachmentError for one that isn't there or is larger than 20 MB.
    """
    try:
        if (await asyncio.to_thread(path.stat)).st_size > MOST_BYTES:
            raise AttachmentError(f"{path} is larger than {MOST_BYTES // 1_000_000} MB.")
        content = await asyncio.to_thread(path.read_bytes)
    except OSError as error:
        raise AttachmentError(f"{path} cannot be read: {error.strerror or error}.") from error
    if path.suffix.lower() in _ACTIVITIES:
        return {"activity_file": content.decode(errors="replace")}
    file = {"name": path.name, "base64": b64encode(content).decode()}
    return {"audio": file} if path.suffix.lower() in _RECORDINGS else {"documents": [file]}


def split_command(line: str) -> tuple[Path, str]:
    """Return the path and the words of `/file PATH words`; a path with spaces stands in quotes.

    Raises AttachmentError for a line without a path.
    """
    rest = line.removeprefix("/file").strip()
    if rest[:1] in ("'", '"') and rest.count(rest[0]) > 1:
        name, _, words = rest[1:].partition(rest[0])
    else:
        name, _, words = rest.partition(" ")
    if not name:
        raise AttachmentError("Which file? Write /file PATH, and what to say about it.")
    return Path(name).expanduser(), words.strip() or "Here is a file."
