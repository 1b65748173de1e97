"""The thread that sends spans: whatever happens to LangSmith happens here, and the graphs do not notice."""

import threading
import time
from collections import deque
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

import structlog

from server.tracing.client import TraceClient
from server.tracing.payloads import Payload, Payloads
from server.tracing.secrets import SecretMask
from server.tracing.spans import Span

LINGER_SECONDS = 0.5
"""How long spans are gathered. A step that starts and ends meanwhile is sent once."""

MOST_BYTES = 256 * 1024 * 1024
"""How much the spans on their way may keep alive, roughly."""

BATCH_SPANS = 200
BATCH_BYTES = 8 * 1024 * 1024

_LONGEST_PAUSE = 30.0

log = structlog.get_logger("planloom.tracing")


@dataclass(frozen=True, slots=True)
class TraceCounts:
    """What became of the spans of this process so far, and how many are on their way."""

    sent: int
    dropped: int
    pending: int


class Sender:
    """Sends spans in batches. At most `most` are on their way; those that come when there are as many are dropped."""

    def __init__(self, client: TraceClient, mask: SecretMask, most: int) -> None:
        self._client = client
        self._mask = mask
        self._most = most
        self._queue: deque[Span] = deque()
        self._waiting: deque[Future[bool]] = deque()
        self._lock = threading.Lock()
        self._pending = self._sent = self._dropped = self._weight = 0
        self._news = threading.Event()
        self._hurry = threading.Event()
        self._stopping = False
        self._failures = 0
        self._thread = threading.Thread(target=self._work, name="traces", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    @property
    def counts(self) -> TraceCounts:
        """What became of the spans so far."""
        with self._lock:
            return TraceCounts(self._sent, self._dropped, self._pending)

    @property
    def is_failing(self) -> bool:
        """Whether LangSmith did not take what was sent last."""
        return self._failures > 0

    @property
    def is_full(self) -> bool:
        """Whether new spans would be dropped."""
        return self._pending >= self._most or self._weight >= MOST_BYTES

    def note(self, span: Span) -> None:
        """A span has started, or ended. From any thread; never blocks."""
        if span.closed:
            return
        with self._lock:
            if span.ended_at is None:
                if self.is_full:
                    span.closed = True
                    self._dropped += 1
                    return
                self._pending += 1
            self._weight += span.weight - span.counted
            span.counted = span.weight
        self._queue.append(span)
        if not self._news.is_set():
            self._news.set()

    def drop(self, spans: int = 1) -> None:
        """Count spans that were not even noted."""
        with self._lock:
            self._dropped += spans

    def flushed(self) -> Future[bool]:
        """Send what there is at once; whether it was taken. Who does not want to know any more may cancel it."""
        done: Future[bool] = Future()
        if self._stopping:
            done.set_result(False)
            return done
        self._waiting.append(done)
        self._news.set()
        self._hurry.set()
        return done

    def stop(self, seconds: float) -> None:
        """Send what is left, for `seconds` at most. Blocks."""
        deadline = time.monotonic() + seconds
        self._stopping = True
        self._hurry.set()
        self._news.set()
        self._thread.join(max(0.0, deadline - time.monotonic()))
        counts = self.counts
        if counts.pending:
            log.warning("traces were not sent before the end", steps=counts.pending)

    # --- in the thread

    def _work(self) -> None:
        self._client.learn()
        while True:
            self._news.wait()
            if not self._stopping:
                self._hurry.wait(self._pause())
            self._hurry.clear()
            self._news.clear()
            waiting = [self._waiting.popleft() for _ in range(len(self._waiting))]
            taken = self._drain()
            _answer(waiting, taken=taken)
            if self._stopping and not self._queue:
                return

    def _pause(self) -> float:
        return LINGER_SECONDS if not self._failures else min(LINGER_SECONDS * 2**self._failures, _LONGEST_PAUSE)

    def _drain(self) -> bool:
        """Send what is queued; whether all of it was taken."""
        all_taken = True
        while self._queue:
            batch = dict.fromkeys(self._queue.popleft() for _ in range(min(BATCH_SPANS, len(self._queue))))
            payloads = Payloads(self._mask)
            chunk: list[Payload] = []
            size = 0
            for span in batch:
                payload = self._payload(payloads, span)
                if payload is None:
                    continue
                if chunk and size + payload.size > BATCH_BYTES:
                    all_taken &= self._send(chunk)
                    chunk, size = [], 0
                chunk.append(payload)
                size += payload.size
            if chunk:
                all_taken &= self._send(chunk)
        return all_taken

    def _payload(self, payloads: Payloads, span: Span) -> Payload | None:
        time.sleep(0)  # lets the event loop have the interpreter between two spans
        try:
            return payloads.of(span)
        except Exception as error:  # noqa: BLE001 - a span that cannot be encoded is lost, the thread is not
            log.warning("a step of a trace cannot be encoded", name=span.name, error=_in_short(error))
            span.closed = True
            with self._lock:
                self._forget(span)
                self._dropped += 1
            return None

    def _send(self, payloads: Sequence[Payload]) -> bool:
        self._client.failure = None
        try:
            if self._failures:
                self._client.unlearn()
                self._client.learn()
            self._client.multipart_ingest(
                create=[payload.body for payload in payloads if payload.is_new],
                update=[payload.body for payload in payloads if not payload.is_new],
            )
        except Exception as error:  # noqa: BLE001 - the thread's boundary: traces may be lost, the thread may not
            self._client.failure = error
        taken = self._client.failure is None
        self._tell(taken=taken)
        for payload in payloads:
            payload.span.posted = payload.span.posted or taken
            payload.span.closed = payload.ends
        with self._lock:
            for payload in payloads:
                if payload.ends:
                    self._forget(payload.span)
            if taken:
                self._sent += len(payloads)
            else:
                self._dropped += len(payloads)
        return taken

    def _forget(self, span: Span) -> None:
        self._pending -= 1
        self._weight -= span.counted

    def _tell(self, *, taken: bool) -> None:
        """Log when LangSmith stops taking traces and when it takes them again, not each time."""
        if taken:
            if self._failures:
                log.info("LangSmith takes traces again", dropped=self._dropped)
            self._failures = 0
            return
        if not self._failures:
            log.warning("LangSmith does not take traces; runs go on without", error=_in_short(self._client.failure))
        self._failures = min(self._failures + 1, 10)


def _answer(waiting: Iterable[Future[bool]], *, taken: bool) -> None:
    """Tell those who still want to know."""
    for done in waiting:
        if done.set_running_or_notify_cancel():
            done.set_result(taken)


def _in_short(error: Any) -> str:
    """An error's kind and its first line: the rest names keys and what was sent."""
    lines = str(error).splitlines() or [""]
    return f"{type(error).__name__}: {lines[0][:200]}"
