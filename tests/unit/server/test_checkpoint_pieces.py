"""Values in pieces: put together they are the very bytes, and a list that grew shares what it had."""

import secrets
from typing import Any

import ormsgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, HumanMessage
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.serde.types import _DeltaSnapshot

from server.db.checkpoints.msgpack import NotMsgpackError, array_header, container_at, end_of, values_from
from server.db.checkpoints.pieces import (
    Cut,
    PieceNotFoundError,
    cut,
    leading_of_list,
    names_in,
    pieces_of,
    put_together,
)

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=20) | st.dictionaries(st.text(max_size=8), inner, max_size=20),
    max_leaves=60,
)


def _messages(count: int) -> list[Any]:
    texts = [f"message {number} " + "word " * (number % 40) for number in range(count)]
    return [(HumanMessage, AIMessage)[n % 2](text, id=str(n)) for n, text in enumerate(texts)]


def _cut(value: Any) -> tuple[bytes, Cut]:
    kind, data = JsonPlusSerializer().dumps_typed(value)
    assert kind == "msgpack"
    result = cut(data)
    assert result is not None
    assert put_together(result.manifest, result.pieces) == data
    return data, result


@settings(max_examples=120)
@given(PLAIN, st.sampled_from([1, 40, 1500]))
def test_whatever_is_cut_is_put_together_again(value: Any, times: int) -> None:
    data = ormsgpack.packb([value] * times)
    assert end_of(data, 0) == len(data)
    result = cut(data)
    if result is not None:
        assert put_together(result.manifest, result.pieces) == data


@settings(max_examples=120)
@given(st.binary(min_size=1, max_size=200))
def test_bytes_that_are_no_value_are_stored_as_they_are(data: bytes) -> None:
    result = cut(data * 40)
    if result is not None:
        assert put_together(result.manifest, result.pieces) == data * 40


@pytest.mark.parametrize("data", [b"", b"\xc1", b"\x92\x01", b"\xda\x00", b"\xc7\x05\x01ab"])
def test_a_value_that_does_not_end_is_none(data: bytes) -> None:
    with pytest.raises(NotMsgpackError):
        end_of(data, 0)


@pytest.mark.parametrize(
    "value",
    [
        _messages(400),
        _DeltaSnapshot(_messages(400)),
        {"messages": _messages(400), "other": [1, 2, 3]},
        [{"nested": _messages(300)}, "x" * 100_000],
        list(range(15_000)),
        [secrets.token_bytes(3_000_000)] + ["small"] * 2000,
        [[float(number)] * 300 for number in range(200)],
    ],
    ids=["list", "snapshot", "dict", "nested", "numbers", "large", "vectors"],
)
def test_values_of_graphs_are_cut(value: Any) -> None:
    data, result = _cut(value)
    assert len(result.manifest) < len(data) / 10


@pytest.mark.parametrize("value", ["short", ["a"] * 100, "long " * 1000, {"a": "b" * 5000}])
def test_what_has_no_large_list_stays_whole(value: Any) -> None:
    assert cut(JsonPlusSerializer().dumps_typed(value)[1]) is None


def test_a_list_that_grew_shares_what_it_had() -> None:
    messages = _messages(1000)
    stored: set[bytes] = set()
    sizes = []
    for count in range(20, 1000, 2):
        _, result = _cut(messages[:count])
        new = result.pieces.keys() - stored
        sizes.append(len(result.manifest) + sum(len(result.pieces[name]) for name in new))
        stored |= new
    early, late = sizes[1:101], sizes[-100:]
    assert sum(late) < 1.5 * sum(early), "a turn writes as much late as early"


def test_a_changed_item_is_the_only_new_one() -> None:
    messages = _messages(400)
    _, before = _cut(messages)
    messages[200] = AIMessage("edited", id="200")
    _, after = _cut(messages)
    new = after.pieces.keys() - before.pieces.keys() - after.groups
    assert sum(len(after.pieces[name]) for name in new) < 3000


def test_lists_of_the_same_items_share_them_wherever_they_are() -> None:
    messages = _messages(400)
    _, in_list = _cut(messages)
    _, in_dict = _cut({"messages": messages})
    _, in_snapshot = _cut(_DeltaSnapshot(messages))
    shared = in_list.pieces.keys() & in_dict.pieces.keys() & in_snapshot.pieces.keys()
    assert len(shared) > 0.9 * len(in_list.pieces)


@pytest.mark.parametrize("wrap", [list, _DeltaSnapshot])
def test_the_pieces_of_a_list_can_be_read_one_by_one(wrap: Any) -> None:
    messages = _messages(300)
    data, result = _cut(wrap(messages))
    leading = leading_of_list(result.manifest)
    assert leading is not None
    assert data.startswith(leading)
    serde = JsonPlusSerializer()
    read = []
    for piece in pieces_of(result.manifest, result.pieces):
        count = 0
        end = 0
        while end < len(piece):
            end = end_of(piece, end)
            count += 1
        read += serde.loads_typed(("msgpack", array_header(count) + piece))
    assert read == messages
    _, in_dict = _cut({"messages": messages})
    assert leading_of_list(in_dict.manifest) is None


def test_a_missing_piece_is_said_to_be() -> None:
    _, result = _cut(_messages(100))
    pieces, _ = names_in(result.manifest)
    with pytest.raises(PieceNotFoundError, match=pieces[0].hex()):
        put_together(result.manifest, {name: piece for name, piece in result.pieces.items() if name != pieces[0]})


@pytest.mark.parametrize("count", [0, 15, 16, 65535, 65536])
def test_array_headers_are_the_serializers(count: int) -> None:
    data = ormsgpack.packb([None] * count)
    header = array_header(count)
    assert data.startswith(header)
    held = container_at(data, 0)
    assert held is not None
    assert (held.start, held.count) == (len(header), count)
    assert len(list(values_from(data, held.start, count))) == count
