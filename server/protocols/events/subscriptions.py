"""What a reader of a thread's events asks for: channels, namespaces and depth; and whether it wants an event.

The rules are those by which the SDKs route events among their own subscriptions (`langgraph_sdk.stream.subscription`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self

from server.errors import Invalid

CHANNELS = ("values", "updates", "messages", "tools", "custom", "lifecycle", "input", "tasks", "checkpoints")
"""The channels that there are, besides `custom:<name>` for the custom events of one name."""

MOST_NAMESPACES = 1000

Namespace = tuple[str, ...]
"""Where in a graph: `<node>:<task id>` for each subgraph from the root down, empty for the root."""


class ChannelsError(Invalid):
    """There are no channels, or some that there are not; `unknown` names those."""

    def __init__(self, unknown: Sequence[str] = ()) -> None:
        named = ", ".join(unknown)
        allowed = f"{', '.join(CHANNELS)}, or any `custom:<name>`"
        super().__init__(
            f"channels contains unsupported entries: {named}. Allowed: {allowed}."
            if unknown
            else "channels is required and must be a non-empty array"
        )
        self.unknown = tuple(unknown)


class Addressed(Protocol):
    """What of an event says whom it concerns."""

    @property
    def seq(self) -> int:
        """Its number on this connection."""

    @property
    def method(self) -> str:
        """Its kind; that of the `input` channel is `input.requested`."""

    @property
    def namespace(self) -> Namespace:
        """The graph that it is of."""

    @property
    def name(self) -> str | None:
        """What a custom event is called, if it has a name."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """A filter of a thread's events. Without `namespaces` all of them match, whatever the `depth`."""

    channels: frozenset[str]
    namespaces: tuple[Namespace, ...] = ()
    depth: int | None = None
    """How many levels below the namespaces; None for all."""
    since: int | None = None
    """The number of the last event that the reader has; None for none."""

    @classmethod
    def parse(cls, body: object) -> Self:
        """The subscription that a request's JSON asks for. Raises `ChannelsError`, and `Invalid` for the other fields."""
        asked: dict[str, Any] = body if isinstance(body, dict) else {}
        return cls(
            channels=_channels(asked.get("channels")),
            namespaces=_namespaces(asked.get("namespaces")),
            depth=_count("depth", asked.get("depth")),
            since=_count("since", asked.get("since")),
        )

    def matches(self, event: Addressed) -> bool:
        """Whether its reader gets the event."""
        if self.since is not None and event.seq <= self.since:
            return False
        return self._takes(event.method, event.name) and self._reaches(event.namespace)

    def _takes(self, method: str, name: str | None) -> bool:
        channel = "input" if method == "input.requested" else method
        if channel in self.channels:
            return True
        return channel == "custom" and bool(name) and f"custom:{name}" in self.channels

    def _reaches(self, namespace: Sequence[str]) -> bool:
        if not self.namespaces:
            return True
        return any(
            _begins(namespace, prefix) and (self.depth is None or len(namespace) - len(prefix) <= self.depth)
            for prefix in self.namespaces
        )


def is_watch_of_python_sdk(subscription: Subscription) -> bool:
    """Whether it is the subscription by which that client follows one run of its own.

    It makes it before it starts the run, and takes the first end that it hears of for that run's: it must not hear of others.
    A client that comes back to it says since when.
    """
    return subscription.since is None and subscription.channels == {"lifecycle", "input"}


def _channels(given: object) -> frozenset[str]:
    if not isinstance(given, list) or not given:
        raise ChannelsError
    unknown = [str(channel) for channel in given if not _is_channel(channel)]
    if unknown:
        raise ChannelsError(unknown)
    return frozenset(given)


def _is_channel(given: object) -> bool:
    if not isinstance(given, str):
        return False
    return given in CHANNELS or (given.startswith("custom:") and len(given) > len("custom:"))


def _namespaces(given: object) -> tuple[Namespace, ...]:
    if given is None:
        return ()
    is_list = isinstance(given, list) and all(
        isinstance(namespace, list) and all(isinstance(segment, str) for segment in namespace) for namespace in given
    )
    if not is_list or not isinstance(given, list):
        raise Invalid("namespaces must be an array of arrays of strings")
    if len(given) > MOST_NAMESPACES:
        raise Invalid(f"namespaces has {len(given)} entries; name at most {MOST_NAMESPACES}, or leave it out for all")
    return tuple(dict.fromkeys(tuple(namespace) for namespace in given))


def _count(name: str, given: object) -> int | None:
    if given is None:
        return None
    if not isinstance(given, int) or isinstance(given, bool) or given < 0:
        raise Invalid(f"{name} must be a non-negative integer")
    return given


def _begins(namespace: Sequence[str], prefix: Namespace) -> bool:
    """Whether the namespace is at or below the prefix, whose segments may leave out task ids."""
    if len(prefix) > len(namespace):
        return False
    return all(
        segment == wanted or (":" not in wanted and segment.partition(":")[0] == wanted)
        for segment, wanted in zip(namespace, prefix, strict=False)
    )
