"""Messages that were decoded lately: what one reader does to them, no other sees."""

from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from server.db.checkpoints.decoded import DecodedPieces


class Pieces:
    """Counts how often a piece is decoded."""

    def __init__(self, *items: Any) -> None:
        self.items = list(items)
        self.loads = 0

    def load(self, _: bytes) -> list[Any]:
        self.loads += 1
        return [item.model_copy(deep=True) if isinstance(item, BaseMessage) else item for item in self.items]


def _messages() -> list[BaseMessage]:
    call = {"name": "look", "args": {"where": ["a", "b"]}, "id": "1", "type": "tool_call"}
    return [
        HumanMessage([{"type": "text", "text": "hello"}], id="1", mood={"is": "good"}),
        AIMessage("", id="2", tool_calls=[call], response_metadata={"usage": {"tokens": 3}}),
        ToolMessage("seen", tool_call_id="1", id="3", artifact={"found": [1, 2]}),
    ]


def test_each_reader_has_messages_of_its_own() -> None:
    pieces, decoded = Pieces(*_messages()), DecodedPieces()
    for _ in range(3):
        human, ai, tool = decoded.items(b"piece", pieces.load)
        assert [human, ai, tool] == _messages()
        assert [one.model_fields_set for one in (human, ai, tool)] == [one.model_fields_set for one in _messages()]
        human.content[0]["text"] = human.mood["is"] = "bad"
        human.additional_kwargs["new"] = ai.content = "else"
        ai.tool_calls[0]["args"]["where"].append("c")
        ai.response_metadata["usage"].clear()
        tool.artifact["found"] = []
    assert pieces.loads == 1


def test_what_is_no_plain_message_is_decoded_each_time() -> None:
    class Mine(HumanMessage):
        pass

    for item in (Mine("hello"), ToolMessage("seen", tool_call_id="1", artifact=object), {"role": "user"}, "text"):
        pieces, decoded = Pieces(item), DecodedPieces()
        assert [decoded.items(b"piece", pieces.load) for _ in range(2)] == [[item], [item]]
        assert pieces.loads == 2


def test_only_the_last_are_held() -> None:
    pieces, decoded = Pieces(*_messages()), DecodedPieces(2)
    for piece in (b"1", b"2", b"1", b"3", b"1", b"2"):
        decoded.items(piece, pieces.load)
    assert pieces.loads == 4, "the second was read longest ago when the third came"
