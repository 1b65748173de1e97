"""An event of the protocol, as a connection sends it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from server.events.protocol import HEAD
from server.wire_json import encode


@dataclass(frozen=True, slots=True)
class ProtocolEvent:
    """One event of a thread. Its `body` is JSON already, encoded once for all readers, without what is the connection's."""

    run_id: UUID
    event_id: str
    """The same for every reader, at any time: clients leave out what they have."""
    seq: int
    """Its place among the events of the thread, from 1, whatever a subscription leaves out."""
    method: str
    """`values`, `updates`, `messages`, `tools`, `lifecycle`, `input.requested`, `tasks`, `checkpoints` or `custom`."""
    namespace: tuple[str, ...]
    """Of the graph that it comes from; empty: the run's own."""
    body: bytes
    """`{"type": "event", "method": …, "params": {"namespace", "timestamp", "data"[, "node"]}}`."""
    name: str | None = None
    """Of a `custom` event that comes from a named channel of the graph."""

    @property
    def params(self) -> dict[str, Any]:
        """`namespace`, `timestamp` (milliseconds), `data` and perhaps `node`."""
        params: dict[str, Any] = orjson.loads(self.body)["params"]
        return params

    @property
    def data(self) -> Any:
        """What happened; decoded anew each time that it is asked for."""
        return self.params["data"]

    def encoded(self) -> bytes:
        """The whole event as JSON, with its id and place."""
        return b'%s"event_id":%s,"seq":%d,%s' % (HEAD, encode(self.event_id), self.seq, self.body[len(HEAD) :])
