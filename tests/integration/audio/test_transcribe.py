"""Transcription by the real client, over real HTTP, against the stand-in for OpenAI."""

import base64

import pytest

from tests.integration.audio.recordings import silence
from tests.openai_server import OpenAIServer
from tests.openai_server.fixture import openai_server
from tools.audio.recording import MOST_BYTES, AudioUpload, UnusableRecording, read_recording
from tools.audio.transcribe import TranscriberNotConfigured, TranscriptionFailed, transcribe

__all__ = ["openai_server"]


async def test_a_recording_goes_out_under_a_plain_name_and_comes_back_as_words(openai_server: OpenAIServer) -> None:
    openai_server.transcript(" My knee hurts. ")
    recording = read_recording(silence(), "/home/ann/private.bin")
    heard = await transcribe(recording, {"OPENAI_BASE_URL": openai_server.base_url, "OPENAI_API_KEY": "k"})
    assert (heard.text, heard.model) == ("My knee hurts.", "whisper-1")
    (sent,) = openai_server.transcription_requests
    assert sent == {"model": "whisper-1", "response_format": "json", "file": ("recording.wav", silence())}
    assert openai_server.requests[0].headers["authorization"] == "Bearer k"


async def test_another_model_listens_where_the_environment_names_one(openai_server: OpenAIServer) -> None:
    openai_server.transcript("Hello.")
    env = {"OPENAI_BASE_URL": openai_server.base_url, "TRANSCRIPTION_MODEL": "large-v3"}
    assert (await transcribe(read_recording(silence(), "a.wav"), env)).model == "large-v3"
    assert openai_server.transcription_requests[0]["model"] == "large-v3"


async def test_without_a_key_and_a_base_url_it_says_what_to_set() -> None:
    with pytest.raises(TranscriberNotConfigured, match=r"Set OPENAI_API_KEY, or OPENAI_BASE_URL"):
        await transcribe(read_recording(silence(), "a.wav"), {"OPENAI_API_KEY": " "})


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "cannot read the recording"),
        (401, "check OPENAI_API_KEY"),
        (404, "no transcription model whisper-1"),
        (429, "at its limit"),
        (503, "failed; try again later"),
    ],
)
async def test_each_failure_is_told_without_the_servers_words(
    openai_server: OpenAIServer, status: int, words: str
) -> None:
    # the client tries three times where that may help
    for _ in range(3):
        openai_server.fail_transcription(status, "sk-secret is wrong", headers={"retry-after-ms": "1"})
    with pytest.raises(TranscriptionFailed, match=words) as caught:
        await transcribe(read_recording(silence(), "a.wav"), {"OPENAI_BASE_URL": openai_server.base_url})
    assert "sk-secret" not in str(caught.value)


async def test_a_recording_of_nothing_is_told_as_such(openai_server: OpenAIServer) -> None:
    openai_server.transcript("  ")
    with pytest.raises(TranscriptionFailed, match="heard no words"):
        await transcribe(read_recording(silence(), "a.wav"), {"OPENAI_BASE_URL": openai_server.base_url})


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        (silence(), "wav"),
        (b"OggS\x00", "ogg"),
        (b"\x1aE\xdf\xa3\x01", "webm"),
        (b"\x00\x00\x00\x20ftypM4A ", "m4a"),
        (b"\x00\x00\x00\x20ftypisom", "mp4"),
        (b"ID3\x04", "mp3"),
        (b"\xff\xfb\x90\x64", "mp3"),
    ],
)
def test_a_recordings_kind_is_told_by_its_bytes(start: bytes, kind: str) -> None:
    assert read_recording(start, "a.txt").kind == kind


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"MZ\x90", "neither mp3"),
        (b"\xff", "neither mp3"),
        (b"\xff\xf1\x50", "neither mp3"),
        (b"OggS" + bytes(MOST_BYTES), "larger than 25 MB"),
    ],
)
def test_what_is_no_recording_is_refused_with_the_reason(content: bytes, words: str) -> None:
    with pytest.raises(UnusableRecording, match=words):
        AudioUpload(base64=base64.b64encode(content).decode()).recording()


def test_damaged_base64_is_named() -> None:
    with pytest.raises(UnusableRecording, match="base64"):
        AudioUpload(base64="no$").recording()
