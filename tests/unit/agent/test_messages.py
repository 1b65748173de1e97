"""What the steps of a conversation write becomes one list, however the writes are batched."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, AIMessageChunk, AnyMessage, HumanMessage, RemoveMessage
from langgraph.graph.message import REMOVE_ALL_MESSAGES, add_messages

from agent.messages import merged_messages

IDS = st.sampled_from(["a", "b", "c", "d"])
TEXTS = st.text(max_size=3)
HUMAN = st.builds(lambda text, message_id: HumanMessage(text, id=message_id), TEXTS, IDS)
MESSAGES = st.one_of(
    HUMAN,
    TEXTS.map(AIMessage),
    st.builds(lambda text, message_id: AIMessageChunk(text, id=message_id), TEXTS, IDS),
    IDS.map(lambda message_id: RemoveMessage(id=message_id)),
    st.just(RemoveMessage(id=REMOVE_ALL_MESSAGES)),
    st.fixed_dictionaries({"role": st.just("user"), "content": TEXTS}),
    st.tuples(st.just("ai"), TEXTS),
    TEXTS,
)
WRITES = st.lists(st.one_of(st.lists(MESSAGES, max_size=3), MESSAGES), max_size=6)


@settings(max_examples=120)
@given(WRITES, st.integers(min_value=0, max_value=6))
def test_batches_of_any_size_make_the_same_list(writes: list[Any], cut: int) -> None:
    at_once = merged_messages([], writes)
    assert merged_messages(merged_messages([], writes[:cut]), writes[cut:]) == at_once
    one_by_one: list[AnyMessage] = []
    for write in writes:
        one_by_one = merged_messages(one_by_one, [write])
    assert one_by_one == at_once
    ids = [message.id for message in at_once]
    assert all(ids)
    assert len(set(ids)) == len(ids)


@settings(max_examples=120)
@given(st.lists(st.lists(HUMAN, max_size=3), max_size=6), IDS)
def test_messages_are_merged_as_the_library_does(writes: list[list[AnyMessage]], removed: str) -> None:
    expected: Any = []
    for write in writes:
        expected = add_messages(expected, write)
    assert merged_messages([], writes) == expected
    if any(message.id == removed for message in expected):
        removal = [RemoveMessage(id=removed)]
        assert merged_messages(expected, [removal]) == add_messages(expected, removal)


def test_a_removal_of_what_is_not_there_is_passed_over() -> None:
    held: list[AnyMessage] = [HumanMessage("hello", id="1")]
    assert merged_messages(held, [RemoveMessage(id="2")]) == held
    assert held == [HumanMessage("hello", id="1")], "and what was held is left as it was"


def test_all_before_a_removal_of_all_go_and_what_follows_stays() -> None:
    held: list[AnyMessage] = [HumanMessage("hello", id="1")]
    writes = [[AIMessage("there", id="2"), RemoveMessage(id=REMOVE_ALL_MESSAGES), AIMessage("anew", id="1")]]
    assert merged_messages(held, writes) == [AIMessage("anew", id="1")]
