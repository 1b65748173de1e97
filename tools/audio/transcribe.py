"""From a recording to its words, by any server that speaks OpenAI's `/v1/audio/transcriptions`.

OPENAI_API_KEY and OPENAI_BASE_URL say where it is, TRANSCRIPTION_MODEL which model listens.
"""

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass

import openai

from tools.audio.recording import Recording

DEFAULT_MODEL = "whisper-1"
SECONDS = 120.0
# Servers on one's own machine take any key, but the client insists on one.
_UNCHECKED_KEY = "not-needed"


class TranscriptionFailed(RuntimeError):
    """A recording was not transcribed; `str(error)` is a sentence that says why, without any secret."""


class TranscriberNotConfigured(TranscriptionFailed):
    """There is nobody to listen; the message says what to set."""


@dataclass(frozen=True)
class Transcript:
    """What was said, and which model heard it."""

    text: str
    model: str


async def transcribe(recording: Recording, env: Mapping[str, str] | None = None) -> Transcript:
    """Return the words of a recording, in the language that was spoken. `env` is the environment unless given.

    Raises TranscriberNotConfigured without a key and a base URL, and TranscriptionFailed when the server refuses the
    recording, cannot be reached, or hears no words.
    """
    env = os.environ if env is None else env
    key, base_url = env.get("OPENAI_API_KEY", "").strip(), env.get("OPENAI_BASE_URL", "").strip()
    if not key and not base_url:
        raise TranscriberNotConfigured(
            "No transcriber is configured. Set OPENAI_API_KEY, or OPENAI_BASE_URL to a server with "
            "/v1/audio/transcriptions, and TRANSCRIPTION_MODEL if its model is not whisper-1."
        )
    model = env.get("TRANSCRIPTION_MODEL", "").strip() or DEFAULT_MODEL
    # Making a client reads certificates from disk.
    client = await asyncio.to_thread(
        openai.AsyncOpenAI, api_key=key or _UNCHECKED_KEY, base_url=base_url or None, timeout=SECONDS
    )
    # The server goes by the file's ending; what a person calls their file is none of its business.
    file = (f"recording.{recording.kind}", recording.content)
    try:
        async with client:
            heard = await client.audio.transcriptions.create(model=model, file=file, response_format="json")
    except openai.APIError as error:
        raise TranscriptionFailed(_why(error, model)) from error
    words = heard.text.strip() if isinstance(heard.text, str) else ""
    if not words:
        raise TranscriptionFailed("The transcriber heard no words in the recording.")
    return Transcript(words, model)


# The server's own words are left out: a refused key's may repeat a part of it. Narrower classes come first.
_REASONS: dict[type[openai.APIError], str] = {
    openai.APITimeoutError: f"The transcriber took longer than {SECONDS:g} seconds.",
    openai.APIConnectionError: "The transcriber cannot be reached; OPENAI_BASE_URL says where it should be.",
    openai.AuthenticationError: "The transcriber refuses the key; check OPENAI_API_KEY.",
    openai.PermissionDeniedError: "The transcriber refuses the key; check OPENAI_API_KEY.",
    openai.NotFoundError: "The server has no transcription model {model}; TRANSCRIPTION_MODEL names another.",
    openai.RateLimitError: "The transcriber is at its limit; try again later.",
    openai.BadRequestError: "The transcriber cannot read the recording.",
}


def _why(error: openai.APIError, model: str) -> str:
    told = (text for kind, text in _REASONS.items() if isinstance(error, kind))
    return next(told, "The transcriber failed; try again later.").replace("{model}", model)
