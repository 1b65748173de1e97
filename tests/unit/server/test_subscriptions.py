"""Which of a thread's events a reader gets."""

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langgraph_sdk.stream.subscription import matches_subscription

from server.errors import Invalid
from server.protocols.events.subscriptions import CHANNELS, Namespace, Subscription


@dataclass(frozen=True)
class _Event:
    """As much of an event as a filter looks at."""

    method: str
    namespace: Namespace = ()
    name: str | None = None
    seq: int = 1


_CHANNELS = st.sampled_from([*CHANNELS, "custom:stats", "custom:other"])
_SEGMENTS = st.sampled_from(["child", "child:1", "child:2", "tools", "tools:1", "other:1"])
_NAMESPACES = st.lists(_SEGMENTS, max_size=3)
_ASKED = st.fixed_dictionaries(
    {"channels": st.lists(_CHANNELS, min_size=1, max_size=4)},
    optional={"namespaces": st.lists(_NAMESPACES, max_size=3), "depth": st.integers(0, 3)},
)
_METHODS = st.sampled_from([*(channel for channel in CHANNELS if channel != "input"), "input.requested"])


@settings(max_examples=200)
@given(asked=_ASKED, method=_METHODS, namespace=_NAMESPACES, name=st.sampled_from([None, "", "stats"]))
def test_an_event_is_wanted_exactly_where_the_sdk_would_hand_it_on(
    asked: dict[str, Any], method: str, namespace: list[str], name: str | None
) -> None:
    data = {} if name is None else {"name": name, "payload": 1}
    event: Any = {"type": "event", "method": method, "params": {"namespace": namespace, "timestamp": 0, "data": data}}
    known: Any = asked
    wanted = Subscription.parse(asked).matches(_Event(method, tuple(namespace), name if method == "custom" else None))
    assert wanted == matches_subscription(event, known)


def test_a_segment_without_a_task_id_means_all_of_that_node() -> None:
    subscription = Subscription.parse({"channels": ["values"], "namespaces": [["child"]], "depth": 0})
    assert subscription.matches(_Event("values", ("child:1",)))
    for elsewhere in (("childish:1",), ("child:1", "below:2"), ()):
        assert not subscription.matches(_Event("values", elsewhere))


def test_what_a_reader_has_is_not_sent_again() -> None:
    subscription = Subscription.parse({"channels": ["values"], "since": 3})
    assert [seq for seq in (2, 3, 4) if subscription.matches(_Event("values", seq=seq))] == [4]


def test_null_is_as_good_as_absent() -> None:
    given = {"channels": ["values"], "namespaces": None, "depth": None, "since": None}
    assert Subscription.parse(given) == Subscription(frozenset({"values"}))


@pytest.mark.parametrize("body", [{}, {"channels": []}, {"channels": "values"}, {"channels": None}, [], 5, None])
def test_without_channels_there_is_nothing_to_read(body: object) -> None:
    with pytest.raises(Invalid, match="channels is required and must be a non-empty array"):
        Subscription.parse(body)


@pytest.mark.parametrize("channel", ["debug", "custom:", 5, None, ["values"]])
def test_a_channel_that_there_is_not_is_named(channel: object) -> None:
    with pytest.raises(Invalid, match="unsupported entries: ") as refused:
        Subscription.parse({"channels": ["values", channel]})
    assert str(channel) in refused.value.detail


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("since", -1),
        ("since", "3"),
        ("since", True),
        ("depth", 1.5),
        ("depth", -1),
        ("namespaces", "x"),
        ("namespaces", ["x"]),
        ("namespaces", [[5]]),
        ("namespaces", [[]] * 1001),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(field: str, value: object) -> None:
    with pytest.raises(Invalid, match=f"^{field} "):
        Subscription.parse({"channels": ["values"], field: value})
