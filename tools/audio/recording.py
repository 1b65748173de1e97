"""A recording as a client sends it: its kind is told by its bytes, whatever its name says."""

import base64
import binascii
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

AudioKind = Literal["mp3", "mp4", "m4a", "wav", "webm", "ogg"]

MOST_BYTES = 25_000_000
"""Source: OpenAI's API reference, "Create transcription": files up to 25 MB."""
_MPEG_SYNC, _LAYER, _LAYER_3 = 0xE0, 0x06, 0x02


class UnusableRecording(ValueError):
    """What was sent cannot be transcribed; `str(error)` is a sentence that says why."""


@dataclass(frozen=True)
class Recording:
    """Speech, ready to be sent: its bytes, what they are, and what the person called it."""

    name: str
    kind: AudioKind
    content: bytes


class AudioUpload(BaseModel):
    """A recording as it comes with a message: a name, and its bytes in base64."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(default="recording", min_length=1, max_length=400)
    base64: str

    def recording(self) -> Recording:
        """Return the recording. Raises UnusableRecording for damaged base64, what is no audio, or too much of it."""
        if len(self.base64) > MOST_BYTES * 4 // 3 + 4:
            raise UnusableRecording(f"The recording is larger than {MOST_BYTES // 1_000_000} MB.")
        try:
            content = base64.b64decode(self.base64, validate=True)
        except (binascii.Error, ValueError) as error:
            raise UnusableRecording("The base64 of the recording is damaged.") from error
        return read_recording(content, self.name)


def read_recording(content: bytes, name: str) -> Recording:
    """Return a recording of a kind that transcribers take. Raises UnusableRecording, with a sentence, for another."""
    if not content:
        raise UnusableRecording("The recording is empty.")
    if len(content) > MOST_BYTES:
        raise UnusableRecording(f"The recording is larger than {MOST_BYTES // 1_000_000} MB.")
    kind = _kind(content)
    if kind is None:
        raise UnusableRecording("The recording is neither mp3, mp4, m4a, wav, webm nor ogg.")
    return Recording(name, kind, content)


def _kind(content: bytes) -> AudioKind | None:
    """Sources of the signatures: RFC 3533 (Ogg), RFC 8794 (EBML), ISO/IEC 14496-12 (ftyp), 11172-3 (MPEG layer III)."""
    if content.startswith(b"RIFF") and content[8:12] == b"WAVE":
        return "wav"
    if content.startswith(b"OggS"):
        return "ogg"
    if content.startswith(b"\x1aE\xdf\xa3"):
        return "webm"
    if content[4:8] == b"ftyp":
        return "m4a" if content[8:11] in (b"M4A", b"M4B") else "mp4"
    if content.startswith(b"ID3"):
        return "mp3"
    second = content[1] if len(content) > 1 else 0
    synced = content[0] == 0xFF and second & _MPEG_SYNC == _MPEG_SYNC
    return "mp3" if synced and second & _LAYER == _LAYER_3 else None
