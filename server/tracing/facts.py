"""What a trace is told about its run, and the ids that follow from it."""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from server.tracing.parents import TraceParent


@dataclass(frozen=True, slots=True)
class TracedRun:
    """One attempt at a run, as its trace needs it. `metadata` and `tags` are the caller's, the rest is the server's."""

    run_id: UUID
    thread_id: UUID
    assistant_id: UUID
    graph_id: str
    attempt: int
    given: Any = None
    assistant_version: int | None = None
    request_id: str | None = None
    user: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    tags: Sequence[str] = ()
    project: str | None = None
    example_id: UUID | None = None
    parent: TraceParent | None = None
    feedback_keys: Sequence[str] = ()

    @property
    def root_id(self) -> UUID:
        """The id of its trace's root; see `root_id`."""
        return root_id(self.run_id, self.attempt)


def root_id(run_id: UUID, attempt: int) -> UUID:
    """The id of the root run in a trace: the run's own, or for a later attempt one that follows from both.

    It keeps the time in the id, so that it sorts where the run does (version 7 of RFC 9562).
    """
    if attempt <= 1:
        return run_id
    digest = hashlib.sha256(run_id.bytes + attempt.to_bytes(4, "big")).digest()
    raw = bytearray(run_id.bytes[:6] + digest[:10])
    raw[6] = raw[6] & 0x0F | 0x70
    raw[8] = raw[8] & 0x3F | 0x80
    return UUID(bytes=bytes(raw))


def hashed(identity: str, salt: str) -> str:
    """A stand-in for who somebody is: the same for the same person, of no use to whoever does not have the salt."""
    return hmac.new(salt.encode(), identity.encode(), hashlib.sha256).hexdigest()[:24]
