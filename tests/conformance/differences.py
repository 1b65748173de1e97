"""Tells where two observations differ, place by place: an assertion over a whole stream says too much."""

from collections.abc import Iterator
from typing import Any


def differences(official: Any, ours: Any) -> str:
    """One line per place where they differ; empty if they are the same."""
    return "\n".join(_differences("", official, ours))


def _differences(place: str, official: Any, ours: Any) -> Iterator[str]:
    if type(official) is not type(ours) or not isinstance(official, dict | list):
        if type(official) is not type(ours) or official != ours:
            yield f"{place or 'all'}: official {official!r}, ours {ours!r}"
    elif isinstance(official, dict):
        for key in [*official, *(key for key in ours if key not in official)]:
            here = f"{place}.{key}"
            if key not in ours:
                yield f"{here}: official {official[key]!r}, ours without"
            elif key not in official:
                yield f"{here}: official without, ours {ours[key]!r}"
            else:
                yield from _differences(here, official[key], ours[key])
    else:
        if len(official) != len(ours):
            yield f"{place}: official {len(official)} of {official!r}, ours {len(ours)} of {ours!r}"
        for number, (one, other) in enumerate(zip(official, ours, strict=False)):
            yield from _differences(f"{place}[{number}]", one, other)
