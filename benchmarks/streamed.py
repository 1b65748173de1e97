"""What reading one run's events tells."""

import time
from dataclasses import dataclass

_FIRST = b"event: values"
_TOKEN = b"event: messages"
_ERROR = b"event: error"


@dataclass(frozen=True, slots=True)
class Streamed:
    """Milliseconds from the request on. The first event is the graph's: `metadata` comes before a graph has started."""

    first_ms: float
    first_token_ms: float | None
    total_ms: float
    token_events: int


class StreamReader:
    """Takes a response's chunks as they come. It looks for what it needs and parses nothing."""

    def __init__(self) -> None:
        self._started = time.perf_counter()
        self._read = bytearray()
        self._first = 0.0
        self._first_token = 0.0

    def __call__(self, chunk: bytes) -> None:
        """Take a chunk."""
        self._read += chunk
        if not self._first and _FIRST in self._read:
            self._first = time.perf_counter()
        if not self._first_token and _TOKEN in self._read:
            self._first_token = time.perf_counter()

    def ended(self) -> Streamed:
        """The times, now that the response is read. Raises `ValueError` if the run failed or said nothing."""
        ended = time.perf_counter()
        if _ERROR in self._read or not self._first:
            raise ValueError(f"the run failed: …{self._read[-500:].decode(errors='replace')}")
        tokens = self._read.count(_TOKEN)
        return Streamed(
            first_ms=(self._first - self._started) * 1000,
            first_token_ms=(self._first_token - self._started) * 1000 if tokens else None,
            total_ms=(ended - self._started) * 1000,
            token_events=tokens,
        )
