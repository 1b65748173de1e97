"""What is spoken into a room: heard by a transcriber, answered like anything else, and never a reason to fail."""

from base64 import b64encode
from typing import Any

import pytest
from langchain_core.messages import HumanMessage

from tests.integration.agent.test_room import Room, last
from tests.integration.audio.recordings import silence
from tests.openai_server import OpenAIServer
from tests.openai_server.fixture import openai_server

__all__ = ["openai_server"]

SPOKEN = {"name": "note.wav", "base64": b64encode(silence()).decode()}


@pytest.fixture
def transcriber(openai_server: OpenAIServer, monkeypatch: pytest.MonkeyPatch) -> OpenAIServer:
    monkeypatch.setenv("OPENAI_BASE_URL", openai_server.base_url)
    monkeypatch.setenv("EMBEDDINGS", "local")
    return openai_server


async def test_what_is_said_is_answered_marked_and_told_back(transcriber: OpenAIServer) -> None:
    transcriber.transcript("what is 17 % of 2400?")
    room = Room()
    state = await room.hears(SPOKEN)
    question, told, *_, answer = state["messages"]
    assert isinstance(question, HumanMessage)
    assert question.text == "what is 17 % of 2400?"
    assert question.additional_kwargs["transcript"] == {"of": "note.wav", "model": "whisper-1"}
    assert told.text == "I heard: “what is 17 % of 2400?”"
    assert "408" in answer.text
    assert "408" not in last(await room.say("hello")).text
    assert len(transcriber.transcription_requests) == 1


async def test_an_emergency_that_is_spoken_reaches_care(transcriber: OpenAIServer) -> None:
    transcriber.transcript("I have chest pain that spreads to my arm")
    assert last(await Room().hears(SPOKEN)).name == "care"


async def test_words_that_came_along_are_answered_though_the_recording_is_not_heard() -> None:
    room = Room()
    state = await room.say("what is 17 % of 2400?", audio=SPOKEN)
    assert "No transcriber is configured. Set OPENAI_API_KEY" in state["messages"][1].text
    assert "408" in last(state).text


@pytest.mark.parametrize(
    ("audio", "words"),
    [
        (SPOKEN, "No transcriber is configured"),
        ({"name": "a.txt", "base64": "aGVsbG8="}, "neither mp3, mp4, m4a, wav, webm nor ogg"),
        ({"name": "a.wav"}, "audio must be {name, base64}: base64: Field required"),
        ({**SPOKEN, "url": "http://x"}, "url: Extra inputs are not permitted"),
    ],
)
async def test_a_recording_that_cannot_be_heard_is_told_and_nobody_answers(audio: dict[str, Any], words: str) -> None:
    (told,) = (await Room().hears(audio))["messages"]
    assert told.text.startswith("I could not hear the recording. ")
    assert words in told.text
