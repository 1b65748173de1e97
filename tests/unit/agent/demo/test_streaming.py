"""The demo model's streams: words and tool-call chunks of one message, with one id, labelled once."""

from langchain_core.messages import AIMessageChunk, HumanMessage

from agent.demo.model import DEMO_MODEL_NAME, DemoChatModel
from tests.unit.agent.demo.conversation import PHRASES, answer, eight_weeks, told, tool

EDIT = "move the tempo in week 3 to Wednesday and make the long run 2 km longer"


async def streamed(text: str) -> list[AIMessageChunk]:
    model = DemoChatModel(phrases=PHRASES).bind_tools([tool("edit_plan")])
    chunks = [chunk async for chunk in model.astream([told(eight_weeks()), HumanMessage(text)])]
    assert all(isinstance(chunk, AIMessageChunk) for chunk in chunks)
    return [chunk for chunk in chunks if isinstance(chunk, AIMessageChunk)]


def merged(chunks: list[AIMessageChunk]) -> AIMessageChunk:
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole = whole + chunk
    return whole


async def test_text_comes_word_by_word_and_adds_up_to_the_answer() -> None:
    chunks = await streamed("help")
    assert len([chunk for chunk in chunks if chunk.content]) > 20
    assert merged(chunks).content == answer("help").content


async def test_one_message_has_one_id_from_its_first_chunk() -> None:
    for text in ("help", EDIT):
        ids = {chunk.id for chunk in await streamed(text)}
        assert len(ids) == 1
        assert ids != {None}


async def test_a_tool_call_streams_as_chunks_that_merge_into_the_call() -> None:
    chunks = await streamed(EDIT)
    assert all(chunk.content == "" for chunk in chunks)
    call = merged(chunks).tool_calls[0]
    assert call["name"] == "edit_plan"
    assert [op["op"] for op in call["args"]["ops"]] == ["move_item", "update_item"]
    assert call == answer(EDIT).tool_calls[0]


async def test_the_same_conversation_gives_the_same_calls_and_another_turn_other_ids() -> None:
    first = answer("undo that").tool_calls[0]
    assert answer("undo that").tool_calls[0] == first
    again = answer("undo that", answer("thanks"), HumanMessage("undo that")).tool_calls[0]
    assert again["id"] != first["id"]


async def test_every_message_is_labelled_and_its_tokens_are_estimated() -> None:
    for message in (answer("help"), merged(await streamed("help"))):
        assert message.response_metadata["model_name"] == DEMO_MODEL_NAME
        assert message.response_metadata["offline"] is True
        assert message.usage_metadata is not None
        assert message.usage_metadata["input_tokens"] > 0
        assert message.usage_metadata["output_tokens"] > len(message.text) / 5
    assert answer(EDIT).usage_metadata == merged(await streamed(EDIT)).usage_metadata
