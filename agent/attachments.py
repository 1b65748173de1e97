"""Files in a person's message, as chat pages send them: content blocks with the file's bytes in base64.

Pages of LangChain's JavaScript packages write `{type, mimeType, data, metadata: {filename}}`, Python's
`{type, mime_type, base64, filename}`; both are read here, and models are given the latter.
"""

from __future__ import annotations

import mimetypes
from typing import Any

from langchain_core.messages import AnyMessage, HumanMessage

_DATA_KINDS = frozenset({"image", "file", "audio", "video"})

Json = dict[str, Any]


def files_in(message: AnyMessage) -> list[Json]:
    """The files of a message, as `{name, base64}`; pictures and recordings are none."""
    return [{"name": _name(block), "base64": _bytes(block)} for block in _blocks(message) if _is_file(block)]


def with_files_named(message: HumanMessage) -> HumanMessage:
    """The message with its files' names in place of their bytes."""
    content: list[str | Json] = [
        {"type": "text", "text": f"\n[{_name(block)}]"} if isinstance(block, dict) and _is_file(block) else block
        for block in message.content
    ]
    return message.model_copy(update={"content": content})


def readable(message: AnyMessage) -> AnyMessage:
    """The message with its data blocks as models' adapters of LangChain for Python know them."""
    if not any(_is_of_a_page(block) for block in _blocks(message)):
        return message
    content = [_of_python(block) if isinstance(block, dict) else block for block in message.content]
    return message.model_copy(update={"content": content})


def _blocks(message: AnyMessage) -> list[Json]:
    if not isinstance(message, HumanMessage) or isinstance(message.content, str):
        return []
    return [block for block in message.content if isinstance(block, dict)]


def _is_file(block: Json) -> bool:
    return block.get("type") == "file" and _bytes(block) is not None


def _is_of_a_page(block: Json) -> bool:
    return block.get("type") in _DATA_KINDS and "mimeType" in block


def _bytes(block: Json) -> str | None:
    data = block.get("base64", block.get("data"))
    return data if isinstance(data, str) else None


def _name(block: Json) -> str:
    metadata = block.get("metadata")
    known = [block, metadata] if isinstance(metadata, dict) else [block]
    named = (one.get(key) for one in known for key in ("filename", "name"))
    kind = str(block.get("mimeType") or block.get("mime_type") or "")
    return next((str(name) for name in named if name), f"file{mimetypes.guess_extension(kind) or ''}")


def _of_python(block: Json) -> Json:
    if not _is_of_a_page(block):
        return block
    told: Json = {"type": block["type"], "mime_type": block["mimeType"]}
    told |= {"base64": block["data"]} if "data" in block else {key: block[key] for key in ("url",) if key in block}
    return told | {"filename": _name(block)} if block["type"] == "file" else told
