import pytest

from server.chat.headers import headers_of
from server.errors import StartupError


def test_headers_of_the_command_line_count_before_those_of_the_environment() -> None:
    environment = {"PLANLOOM_HEADERS": "Authorization: Bearer env\n\nX-Tenant:blue\n"}
    assert headers_of(["authorization: Bearer a:b "], environment) == {
        "authorization": "Bearer a:b",
        "x-tenant": "blue",
    }
    assert headers_of([], {}) == {}


@pytest.mark.parametrize("line", ["Bearer s3cret", ": s3cret", "a b: s3cret", "x: s3crét", "x: s3cret\x1b[2J"])
def test_what_is_no_header_is_not_repeated(line: str) -> None:
    for given, environment in (([line], {}), ([], {"PLANLOOM_HEADERS": line})):
        with pytest.raises(StartupError) as refused:
            headers_of(given, environment)
        assert "s3cr" not in str(refused.value)
