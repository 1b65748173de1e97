import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.process.offsets import Offset, between, parse_offset, resolve

FRIDAY = datetime.date(2026, 12, 18)
HOLIDAYS = frozenset({datetime.date(2026, 12, 25), datetime.date(2026, 12, 28)})


@pytest.mark.parametrize(
    ("offset", "day"),
    [
        ("T", "2026-12-18"),
        ("T-2d", "2026-12-16"),
        ("t+1w", "2026-12-25"),
        ("T-3bd", "2026-12-15"),
        ("T+1bd", "2026-12-21"),
        ("T+5bd", "2026-12-29"),  # Christmas and the 28th are holidays
        ("T-0d", "2026-12-18"),
    ],
)
def test_an_offset_is_a_day(offset: str, day: str) -> None:
    assert resolve(parse_offset(offset), FRIDAY, HOLIDAYS).isoformat() == day


@pytest.mark.parametrize("text", ["", "T2d", "-2d", "T-2", "T-2y", "T-1000d", "tomorrow"])
def test_what_is_no_offset_is_refused_with_examples(text: str) -> None:
    with pytest.raises(ValueError, match="T-2d"):
        parse_offset(text)


@given(
    st.dates(datetime.date(2020, 1, 1), datetime.date(2035, 1, 1)),
    st.integers(-400, 400),
    st.sampled_from(["d", "w", "bd"]),
)
def test_a_day_is_told_as_the_offset_that_it_came_from(day: datetime.date, count: int, unit: str) -> None:
    offset = parse_offset(str(Offset(count, unit)))  # type: ignore[arg-type]
    due = resolve(offset, day, HOLIDAYS)
    assert resolve(between(day, due, offset, HOLIDAYS), day, HOLIDAYS) == due
