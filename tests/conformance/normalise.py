"""Makes two servers' observations comparable: what must differ between any two runs is replaced by what it is.

Ids become numbered by their first appearance (in the order of sorted keys), so that "the same id again" still shows;
times keep their format; metadata that a server adds to describe itself is left out.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

SERVERS_OWN_METADATA = frozenset(
    {
        "langgraph_version",
        "langgraph_api_version",
        "langgraph_plan",
        "langgraph_host",
        "langgraph_api_url",
        "langgraph_request_id",
        "__request_start_time_ms__",
        "__after_seconds__",
        "langgraph_auth_user",
        "langgraph_auth_user_id",
        "langgraph_auth_permissions",
        "lc_versions",
        "ls_integration",
        "__langsmith_project__",
        "__langsmith_example_id__",
        "last_firing",
    }
)
"""Keys of config and metadata by which a server describes itself or its request, not the run; and what only ours tells of a
cron."""

_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_IDS = re.compile(rf"(?P<uuid>{_UUID})|(?<![0-9a-f])(?P<hash>[0-9a-f]{{32}})(?![0-9a-f])")
_TIME = re.compile(r"\b2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?(?P<zone>\+00:00|Z|)")
_EVENT_ID = re.compile(r"^\d{13}-\d+$")
_PORT = re.compile(r"http://127\.0\.0\.1:\d+")
_FIXED_YEAR = "2024-01-02"  # of the values that a graph made up; no time of a run


class _Names:
    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def of(self, found: re.Match[str]) -> str:
        kind = "id" if found["uuid"] else "hash"
        return self._names.setdefault(found[0], f"<{kind} {len(self._names) + 1}>")


def normalise(observation: Any, *, without: Iterable[str] = ()) -> Any:
    """`observation` with ids and times replaced, without the servers' own metadata and the keys `without`.

    A key `outer.inner` is left out only where it is in a value of key `outer`.
    """
    return _normalise(observation, "", _Names(), SERVERS_OWN_METADATA.union(without))


def _normalise(value: Any, outer: str, names: _Names, left_out: frozenset[str]) -> Any:
    if isinstance(value, Mapping):
        items = sorted((str(key), item) for key, item in value.items())
        kept = [(key, item) for key, item in items if left_out.isdisjoint({key, f"{outer}.{key}"})]
        return {_text(key, names): _normalise(item, key, names, left_out) for key, item in kept}
    if isinstance(value, list | tuple):
        return [_normalise(item, outer, names, left_out) for item in value]
    return _text(value, names) if isinstance(value, str) else value


def _text(text: str, names: _Names) -> str:
    if _EVENT_ID.match(text):
        return "<event id>"
    text = _PORT.sub("http://<server>", text)
    text = _TIME.sub(_shown_time, text)
    return _IDS.sub(names.of, text)


def _shown_time(found: re.Match[str]) -> str:
    return found[0] if found[0].startswith(_FIXED_YEAR) else f"<time{found['zone']}>"
