"""What is sent of a step: its parts as JSON, redacted. Runs in the sender's thread, away from the graphs."""

import platform
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from typing import Any

import orjson
import structlog

from server.tracing.encoding import Encoder
from server.tracing.policy import HIDDEN, Redactor, hidden_parts
from server.tracing.secrets import SecretMask
from server.tracing.spans import Span

LARGEST_PART = 5 * 1024 * 1024
"""How many bytes the inputs or outputs of one step may have; larger ones are left out. LangSmith refuses requests of 20 MB."""

log = structlog.get_logger("planloom.tracing")


@dataclass(frozen=True, slots=True)
class Payload:
    """What is to be sent of a span: all of it, or its end."""

    span: Span
    body: dict[str, Any]
    size: int
    is_new: bool
    ends: bool


class Payloads:
    """Makes the payloads of one batch."""

    def __init__(self, mask: SecretMask) -> None:
        self._encoder = Encoder(mask)
        self._size = 0

    def of(self, span: Span) -> Payload | None:
        """What there is to send of a span now; None if it was sent already."""
        ended = span.ended_at is not None
        if span.closed or (span.posted and not ended):
            return None
        self._size = 0
        body = self._end(span) if span.posted else self._whole(span, ended=ended)
        return Payload(span, body, self._size, is_new=not span.posted, ends=ended)

    def _whole(self, span: Span, *, ended: bool) -> dict[str, Any]:
        body = {
            **_place(span),
            "name": span.name,
            "run_type": span.run_type,
            "start_time": span.started_at,
            **self._parts(span, ("inputs", "outputs", "error") if ended else ("inputs",)),
        }
        return _without_none(body)

    def _end(self, span: Span) -> dict[str, Any]:
        return _without_none(
            {
                **_place(span),
                **self._parts(span, ("inputs", "outputs", "error") if span.late_inputs else ("outputs", "error")),
            }
        )

    def _parts(self, span: Span, names: tuple[str, ...]) -> dict[str, Any]:
        """The parts of a step that tell of what was said, and all that comes with its start or its end."""
        policy = span.scope.policy
        content = _content(span, names)
        metadata, tags = _anonymous(span), [] if policy.hide_metadata else span.tags
        if policy.redactor is None:
            shown = self._encoder.encoded({**content, "tags": tags, "extra": _extra(span, metadata)})
        else:
            step = self._encoder.encoded({**content, "metadata": metadata, "tags": tags})
            shown = _redacted(span, step, policy.redactor)
            left = orjson.loads(shown.pop("metadata", b"{}"))
            shown |= self._encoder.encoded({"extra": _extra(span, left)})
        for name in ("inputs", "outputs"):
            if name in shown:
                shown[name] = _bounded_object(shown[name], name)
        self._size += sum(map(len, shown.values()))
        error = shown.pop("error", None)
        return {
            **{name: orjson.Fragment(part) for name, part in shown.items() if part != b"[]"},
            "error": None if error is None else orjson.loads(error),
            "events": _events(span),
            "end_time": span.ended_at,
            "reference_example_id": span.example_id,
        }


def _content(span: Span, names: tuple[str, ...]) -> dict[str, Any]:
    """What went in and came out, as the graph's policy shows it."""
    policy = span.scope.policy
    shown: dict[str, Any] = {}
    if "inputs" in names:
        shown["inputs"] = HIDDEN if policy.hide_inputs else span.inputs
    if "outputs" in names and span.outputs is not None:
        shown["outputs"] = HIDDEN if policy.hide_outputs else span.outputs
    if "error" in names and span.error is not None:
        shown["error"] = span.error_kind if policy.hide_inputs or policy.hide_outputs else span.error
    return shown


def _bounded_object(encoded: bytes, name: str) -> bytes:
    """A part as LangSmith takes it: an object, and not larger than it may be."""
    if len(encoded) > LARGEST_PART:
        return orjson.dumps({name: f"left out: {len(encoded)} bytes"})
    return encoded if encoded.startswith(b"{") else b'{"' + name.removesuffix("s").encode() + b'":' + encoded + b"}"


def _redacted(span: Span, step: dict[str, bytes], redactor: Redactor) -> dict[str, bytes]:
    """The parts of a step as the project's own redactor leaves them; if it fails, nothing of them."""
    about = {"graph_id": span.scope.policy.graph_id, "name": span.name, "run_type": span.run_type}
    try:
        shown = redactor({**about, **{name: orjson.loads(part) for name, part in step.items()}})
        return {name: orjson.dumps(_like(part, shown[name])) for name, part in step.items() if shown.get(name)}
    except Exception as error:  # noqa: BLE001 - the project's code: whatever it does, nothing unredacted leaves
        log.warning("a step of a trace could not be redacted, and is sent empty", error=type(error).__name__)
        return hidden_parts(step)


def _like(part: bytes, shown: Any) -> Any:
    """`shown`, if it is of the kind that `part` is: an object, a list or a text. Raises `TypeError`."""
    if type(shown) is not type(orjson.loads(part)):
        raise TypeError(f"{type(shown).__name__} in the place of another kind")
    return shown


def _anonymous(span: Span) -> dict[str, Any]:
    """A step's metadata as its graph's policy shows it, with hashes for people."""
    hashes = span.scope.hashes
    shown = span.scope.policy.metadata(span.metadata)
    return {key: hashes.get(value, value) if isinstance(value, str) else value for key, value in shown.items()}


def _place(span: Span) -> dict[str, Any]:
    return {
        "id": span.id,
        "trace_id": span.trace_id,
        "parent_run_id": span.parent_id,
        "dotted_order": span.dotted_order,
        "session_name": span.scope.project,
    }


def _extra(span: Span, metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Metadata, in which the server's own has the last word, and how a model was asked, unless that is for nobody to see:
    among the parameters may be texts, which a project's redactor does not get to see either."""
    extra: dict[str, Any] = {"metadata": {**metadata, **span.reserved}}
    if span.id == span.scope.root_id:
        extra["runtime"] = _runtime()
    policy = span.scope.policy
    return extra if policy.hide_inputs or policy.redactor is not None else {**extra, **span.extra}


def _events(span: Span) -> list[dict[str, Any]] | None:
    """The events by name and time: what else they have may be content. A start and an end alone say nothing new."""
    if len(span.events) <= 1 or (len(span.events) == 2 and span.ended_at is not None):
        return None
    return [{"name": event.get("name"), "time": event.get("time")} for event in span.events]


def _without_none(body: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in body.items() if value is not None}


@cache
def _runtime() -> orjson.Fragment:
    """What made the trace, as LangSmith shows it."""
    return orjson.Fragment(
        orjson.dumps(
            {
                "sdk": "langsmith-py",
                "sdk_version": version("langsmith"),
                "library": "langgraph",
                "library_version": version("langgraph"),
                "langchain_core_version": version("langchain-core"),
                "runtime": "python",
                "runtime_version": platform.python_version(),
                "platform": platform.system(),
            }
        )
    )
