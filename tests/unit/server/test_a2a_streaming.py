"""What an agent says while its run goes on, as A2A tells it."""

from datetime import UTC, datetime
from typing import Any

from server.events.protocol import protocol_event
from server.events.types import LoggedEvent
from server.protocols.a2a.model import TextPart
from server.protocols.a2a.streaming import Progress

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def _page(*pieces: dict[str, Any]) -> list[LoggedEvent]:
    events = [protocol_event("messages", (), piece, at=0) for piece in pieces]
    return [LoggedEvent(seq, event.name, event.data, NOW) for seq, event in enumerate(events, 1)]


def _text(text: str, **named: str) -> dict[str, Any]:
    return {"event": "content-block-delta", "index": 0, "delta": {"type": "text-delta", "text": text}, **named}


def _start(message_id: str) -> dict[str, Any]:
    return {"event": "message-start", "role": "ai", "id": message_id}


def test_messages_of_event_streaming_that_come_at_once_are_told_apart() -> None:
    progress = Progress("task", "context")
    page = _page(
        _start("a"),
        _text("one"),
        _start("b"),
        _text("uno", message_id="b"),
        _text(" two", message_id="a"),
        {"event": "message-finish", "message_id": "b"},
        _text(" three"),
        {"event": "message-finish"},
        _start("c"),
        _text("done"),
    )
    said = {}
    for update in progress.updates(page):
        assert update.status.message is not None
        (part,) = update.status.message.parts
        assert isinstance(part, TextPart)
        said[update.status.message.message_id] = part.text
    assert said == {"a": "one two three", "b": "uno", "c": "done"}
