"""Which request headers a project wants to see, in its graphs or in its logs."""

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

from server.langgraph_sections import HeaderPatterns

SECRET = frozenset({"authorization", "cookie", "proxy-authorization", "x-api-key", "x-service-key", "x-tenant-id"})
"""Headers that no wildcard brings in: only an include of exactly that name does."""


def matching(patterns: HeaderPatterns | None, headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that match an include and no exclude, names in lower case. Those of `SECRET` must be named."""
    if patterns is None or not patterns.includes:
        return {}
    includes = [pattern.lower() for pattern in patterns.includes]
    excludes = [pattern.lower() for pattern in patterns.excludes]
    return {
        name: value
        for name, value in ((name.lower(), value) for name, value in headers.items())
        if (name in includes if name in SECRET else _any(includes, name)) and not _any(excludes, name)
    }


def _any(patterns: Iterable[str], name: str) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)
