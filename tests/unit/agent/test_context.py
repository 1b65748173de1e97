"""A caller's choices for a run: defaults, the clock, and what is refused."""

from datetime import UTC, date, datetime

import pytest
from pydantic import ValidationError

from agent.context import Context


def test_now_is_what_the_caller_says_seen_from_their_time_zone() -> None:
    late = Context(now=datetime(2026, 4, 1, 22, 30, tzinfo=UTC), timezone="Asia/Tokyo")
    assert late.today() == date(2026, 4, 2)
    assert late.moment().isoformat() == "2026-04-02T07:30:00+09:00"


def test_a_moment_without_an_offset_is_local() -> None:
    local = Context(now=datetime(2026, 4, 1, 22, 30), timezone="Europe/London")  # noqa: DTZ001
    assert local.moment().isoformat() == "2026-04-01T22:30:00+01:00"


def test_without_now_the_real_clock_is_read() -> None:
    before = datetime.now(UTC)
    assert before <= Context().moment() <= datetime.now(UTC)


@pytest.mark.parametrize("given", [{"approval": "never"}, {"timezone": "Mars/Olympus"}, {"now": "soon"}])
def test_a_wrong_choice_is_refused(given: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Context.model_validate(given)


def test_keys_of_other_agents_are_ignored_and_warnings_ask_by_default() -> None:
    context = Context.model_validate({"temperature": 1})
    assert context.approval == "warnings"
    assert context.model is None
