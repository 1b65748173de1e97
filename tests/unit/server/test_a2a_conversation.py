"""Messages of threads as A2A shows them, and questions as people read them."""

from typing import Any
from uuid import uuid4

from server.protocols.a2a.conversation import history, question_parts
from server.protocols.a2a.dialects import CURRENT, LEGACY
from server.protocols.a2a.model import FilePart, TextPart

CONTEXT = str(uuid4())
TASK = f"{CONTEXT}:{uuid4()}"


def _human(text: str, task_id: str | None = None) -> dict[str, Any]:
    mark = {"additional_kwargs": {"a2a": {"task_id": task_id}}} if task_id else {}
    return {"type": "human", "id": text, "content": text, **mark}


def _ai(content: Any) -> dict[str, Any]:
    return {"type": "ai", "id": "ai", "content": content}


def test_what_follows_a_message_is_of_its_task_until_the_user_speaks_elsewhere() -> None:
    told = list(history([_human("a", TASK), _ai("b"), _human("c"), _ai("d")], CONTEXT))
    assert [message.task_id for message in told] == [TASK, TASK, None, None]


def test_marks_of_the_thread_that_was_copied_are_not_this_ones() -> None:
    elsewhere = f"{uuid4()}:{uuid4()}"
    assert [message.task_id for message in history([_human("a", elsewhere), _ai("b")], CONTEXT)] == [None, None]


def test_what_is_the_agents_own_business_is_not_told() -> None:
    silent = [
        {"type": "system", "id": "s", "content": "be kind"},
        _ai(""),
        _ai([{"type": "reasoning", "reasoning": "hm"}, {"type": "tool_call", "name": "x", "args": {}, "id": "1"}]),
        "no message",
    ]
    assert list(history(silent, CONTEXT)) == []
    assert list(history(None, CONTEXT)) == []


def test_pictures_are_files_however_they_were_written() -> None:
    blocks = [
        "look",
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}},
        {"type": "image_url", "image_url": "https://example.com/x.png"},
        {"type": "audio", "base64": "aGk=", "mime_type": "audio/wav", "extras": {"filename": "x.wav"}},
    ]
    (message,) = history([_ai(blocks)], CONTEXT)
    assert message.parts == (
        TextPart("look"),
        FilePart("aGk=", None, "image/png", None),
        FilePart(None, "https://example.com/x.png", None, None),
        FilePart("aGk=", None, "audio/wav", "x.wav"),
    )
    assert LEGACY.part(message.parts[3]) == {
        "kind": "file",
        "file": {"bytes": "aGk=", "mimeType": "audio/wav", "name": "x.wav"},
    }
    assert CURRENT.part(message.parts[3]) == {"raw": "aGk=", "mediaType": "audio/wav", "filename": "x.wav"}


def test_messages_without_ids_have_the_same_ones_every_time() -> None:
    anonymous = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
    first, again = ([message.message_id for message in history(anonymous, CONTEXT)] for _ in range(2))
    assert first == again
    assert len(set(first)) == 2


def test_a_question_is_told_in_its_own_words_where_it_has_some() -> None:
    asked = [
        "which?",
        {"value": {"question": "why?"}},
        {"value": {"action_requests": [{"name": "x", "description": "Do x?"}, {"name": "y", "description": "Do y?"}]}},
        {"value": {"action_requests": [{"name": "x"}]}},
        {"value": {"choices": [1, 2]}},
    ]
    assert [part.text for part in question_parts(asked) if isinstance(part, TextPart)] == [
        "which?", "why?", "Do x?\n\nDo y?", '{"action_requests":[{"name":"x"}]}', '{"choices":[1,2]}',
    ]  # fmt: skip
