"""Which request headers reach a graph's configurable and the logs."""

import pytest

from server.header_patterns import matching
from server.langgraph_sections import HeaderPatterns

HEADERS = {
    "X-Team": "blue",
    "x-trace": "t",
    "User-Agent": "test",
    "X-Api-Key": "secret",
    "Authorization": "Bearer secret",
}


@pytest.mark.parametrize(
    ("includes", "excludes", "names"),
    [
        ([], [], set()),
        (["x-*"], [], {"x-team", "x-trace"}),
        (["X-Team", "user-agent"], [], {"x-team", "user-agent"}),
        (["*"], ["x-tr*"], {"x-team", "user-agent"}),
        (["x-team"], ["*team"], set()),
        (["x-api-key", "authorization"], [], {"x-api-key", "authorization"}),
        (["x-api-key"], ["*key*"], set()),
    ],
)
def test_excludes_win_and_secrets_must_be_named(includes: list[str], excludes: list[str], names: set[str]) -> None:
    found = matching(HeaderPatterns(includes=includes, excludes=excludes), HEADERS)
    assert set(found) == names
    assert all(found[name.lower()] == value for name, value in HEADERS.items() if name.lower() in names)


def test_without_patterns_no_header_is_wanted() -> None:
    assert matching(None, HEADERS) == {}
