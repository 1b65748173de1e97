"""Between A2A's messages and a conversation's: parts become a graph's input, a thread's messages become history. Pure.

A message that came by A2A carries its task in `additional_kwargs["a2a"]`; those after it, up to the next of the user's, are
of the same task.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal
from uuid import UUID, uuid5

from server.protocols.a2a.model import DataPart, FilePart, Message, Part, TextPart
from server.protocols.a2a.params import MessageIn
from server.protocols.a2a.rpc import CONTENT_TYPE_NOT_SUPPORTED, INVALID_PARAMS, RpcError
from server.wire_json import encode

MARK = "a2a"
"""The key of what A2A remembers, in a message's `additional_kwargs` and in a run's metadata."""

RESUME = "resume"
"""The key of a data part that answers an interrupt."""

_KINDS = {"image": "image", "audio": "audio", "video": "video"}  # content blocks by media type; any other is a `file`
_FILE_BLOCKS = frozenset({*_KINDS.values(), "file"})
_USER = ("user", "ROLE_USER")
_ROLES: Mapping[str, Literal["user", "agent"]] = {"human": "user", "user": "user", "ai": "agent", "assistant": "agent"}


# --- from the caller


def graph_input(said: MessageIn, task_id: str) -> dict[str, Any]:
    """The input of a run: data parts as they are, a later one over an earlier, then text and files as one message.

    Raises `RpcError` for parts that cannot be input.
    """
    given: dict[str, Any] = {}
    spoken: list[TextPart | FilePart] = []
    for part in _parts(said):
        if isinstance(part, DataPart):
            if not isinstance(part.data, dict):
                raise RpcError(CONTENT_TYPE_NOT_SUPPORTED, "A data part must hold a JSON object in 'data'")
            given.update(part.data)
        else:
            spoken.append(part)
    mark = {"task_id": task_id, **({"metadata": said.metadata} if said.metadata else {})}
    if "messages" in given:
        before = given["messages"] if isinstance(given["messages"], list) else [given["messages"]]
        given["messages"] = [_with_mark(message, mark) for message in before]
    if not spoken:
        return given
    message = {
        "role": "human" if said.role in _USER else "ai",
        "content": _content(spoken),
        "id": said.message_id,
        "additional_kwargs": {MARK: mark},
    }
    return {**given, "messages": [*given.get("messages", ()), message]}


def message_from(said: MessageIn, context_id: str, task_id: str) -> Message:
    """What the caller said, with where it belongs."""
    role: Literal["user", "agent"] = "user" if said.role in _USER else "agent"
    return Message(said.message_id, role, tuple(_parts(said)), context_id, task_id, said.metadata)


def takes_messages(said: MessageIn) -> bool:
    """Whether some of it only a graph with messages can take."""
    return any(not isinstance(part, DataPart) for part in _parts(said))


def has_answer(said: MessageIn) -> bool:
    """Whether it says that it answers an interrupt."""
    return any(_is_answer(part) for part in _parts(said))


def answer_to_interrupt(said: MessageIn) -> Any:
    """What it answers to an interrupt: the `resume` of a data part, else its data, else its text. Raises `RpcError`."""
    parts = _parts(said)
    for part in parts:
        if isinstance(part, DataPart) and _is_answer(part):
            return part.data[RESUME]
    data = [part.data for part in parts if isinstance(part, DataPart)]
    if data:
        return data[0] if len(data) == 1 else data
    texts = [part.text for part in parts if isinstance(part, TextPart)]
    if not texts:
        raise RpcError(INVALID_PARAMS, 'an interrupt is answered with text, or a data part such as {"resume": …}')
    return "\n".join(texts)


def _parts(said: MessageIn) -> list[Part]:
    return [one.part() for one in said.parts]


def _is_answer(part: Part) -> bool:
    return isinstance(part, DataPart) and isinstance(part.data, dict) and RESUME in part.data


def _with_mark(message: Any, mark: dict[str, Any]) -> Any:
    """A message that came as data, marked like one that came as words."""
    if not isinstance(message, dict):
        return message
    return {**message, "additional_kwargs": {**(message.get("additional_kwargs") or {}), MARK: mark}}


def _content(parts: Sequence[TextPart | FilePart]) -> str | list[dict[str, Any]]:
    if all(isinstance(part, TextPart) for part in parts):
        return "\n".join(part.text for part in parts if isinstance(part, TextPart))
    return [_block(part) for part in parts]


def _block(part: TextPart | FilePart) -> dict[str, Any]:
    """A standard content block of LangChain."""
    if isinstance(part, TextPart):
        return {"type": "text", "text": part.text}
    kind = _KINDS.get((part.media_type or "").partition("/")[0], "file")
    fields = {"base64": part.base64, "url": part.uri, "mime_type": part.media_type}
    block = {"type": kind, **{key: value for key, value in fields.items() if value is not None}}
    return {**block, "extras": {"filename": part.name}} if part.name else block


# --- to the caller


def history(messages: Any, context_id: str) -> Iterator[Message]:
    """A thread's messages (as its values have them) as A2A's, without those that say nothing to others."""
    task_id: str | None = None
    for place, message in enumerate(messages if isinstance(messages, list) else ()):
        if not isinstance(message, dict):
            continue
        kind, mark = str(message.get("type") or message.get("role")), _mark(message)
        if mark or _ROLES.get(kind) == "user":
            task_id = _task_of(mark, context_id)
        parts = tuple(_shown(message, kind))
        if parts:
            message_id = message.get("id") or str(uuid5(UUID(context_id), str(place)))
            role = _ROLES.get(kind, "agent")
            yield Message(message_id, role, parts, context_id, task_id, mark.get("metadata"))


def text_of(message: Mapping[str, Any]) -> str:
    """The words of a message."""
    return "".join(part.text for part in _content_parts(message.get("content")) if isinstance(part, TextPart))


def tool_results(message: Mapping[str, Any]) -> DataPart:
    """What a tool answered."""
    told = {"toolCallId": message.get("tool_call_id"), "content": message.get("content")}
    return DataPart({"tool_results": [{**told, "name": message.get("name"), "status": message.get("status")}]})


def question_parts(interrupts: Iterable[Any]) -> tuple[Part, ...]:
    """What an agent asks, for people: its words where it is known which they are, else JSON."""
    values = [one.get("value") if isinstance(one, dict) else one for one in interrupts]
    return tuple(TextPart(_words_of(value)) for value in values)


def _words_of(question: Any) -> str:
    if isinstance(question, dict) and isinstance(question.get("question"), str):
        return str(question["question"])
    if isinstance(question, dict) and isinstance(question.get("action_requests"), list):  # as LangChain's agents ask
        described = [one.get("description") for one in question["action_requests"] if isinstance(one, dict)]
        if described and all(isinstance(one, str) for one in described):
            return "\n\n".join(map(str, described))
    return question if isinstance(question, str) else encode(question).decode()


def _mark(message: Mapping[str, Any]) -> dict[str, Any]:
    mark = (message.get("additional_kwargs") or {}).get(MARK)
    return mark if isinstance(mark, dict) else {}


def _task_of(mark: Mapping[str, Any], context_id: str) -> str | None:
    """The task that a message is marked with, if it is one of this thread: a copy has its source's marks."""
    task_id = mark.get("task_id")
    return task_id if isinstance(task_id, str) and task_id.startswith(f"{context_id}:") else None


def _shown(message: Mapping[str, Any], kind: str) -> list[Part]:
    if kind == "tool":
        return [tool_results(message)]
    return _content_parts(message.get("content")) if kind in _ROLES else []


def _content_parts(content: Any) -> list[Part]:
    if isinstance(content, str):
        return [TextPart(content)] if content else []
    blocks = content if isinstance(content, list) else ()
    return [part for block in blocks if (part := _part_of_block(block)) is not None]


def _part_of_block(block: Any) -> Part | None:
    if isinstance(block, str):
        return TextPart(block) if block else None
    if not isinstance(block, dict):
        return None
    if block.get("type") == "text":
        return TextPart(str(block.get("text") or "")) if block.get("text") else None
    if block.get("type") == "image_url":
        named = block.get("image_url")
        return _linked(str(named.get("url") if isinstance(named, dict) else named))
    if block.get("type") in _FILE_BLOCKS and (block.get("base64") or block.get("url")):
        name = (block.get("extras") or {}).get("filename")
        return FilePart(block.get("base64"), block.get("url"), block.get("mime_type"), name)
    return None  # reasoning, tool calls: the agent's own business


def _linked(url: str) -> FilePart:
    """A file by its URL; one that holds the file gives its bytes."""
    head, comma, data = url.partition(",")
    if comma and head.startswith("data:") and head.endswith(";base64"):
        return FilePart(data, None, head.removeprefix("data:").removesuffix(";base64") or None, None)
    return FilePart(None, url, None, None)
