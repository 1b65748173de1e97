"""Recordings in a room: what was said becomes the person's message, marked as heard, and is told so that slips show."""

from __future__ import annotations

import asyncio
from typing import Any

from langchain_core.messages import AIMessage, HumanMessage
from pydantic import ValidationError

from agent.persona import Persona
from tools.audio.recording import AudioUpload, UnusableRecording
from tools.audio.transcribe import TranscriptionFailed, transcribe


async def hear(audio: Any, host: Persona) -> tuple[HumanMessage | None, AIMessage]:
    """Return the person's message, or None for a recording that cannot be heard; and what the host says of it.

    A recording never fails a conversation: what is wrong with it is told.
    """
    try:
        upload = AudioUpload.model_validate(audio)
    except ValidationError as error:
        wrong = error.errors(include_url=False)[0]
        field = ".".join(map(str, wrong["loc"]))
        return None, _not_heard(f"audio must be {{name, base64}}: {field or 'audio'}: {wrong['msg']}.", host)
    try:
        heard = await transcribe(await asyncio.to_thread(upload.recording))
    except (UnusableRecording, TranscriptionFailed) as error:
        return None, _not_heard(str(error), host)
    mark = {"transcript": {"of": upload.name, "model": heard.model}}
    return HumanMessage(heard.text, additional_kwargs=mark), AIMessage(f"I heard: “{heard.text}”", name=host.id)


def _not_heard(why: str, host: Persona) -> AIMessage:
    return AIMessage(f"I could not hear the recording. {why}", name=host.id)
