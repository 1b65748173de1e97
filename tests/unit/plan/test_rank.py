"""Ranks: always room, always in order, and short."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.plan.document import RANK
from agent.plan.rank import DIGITS, REBALANCE_ABOVE, NoRoomError, after, between, spread

ranks = st.text(alphabet=DIGITS, min_size=1, max_size=6)


@given(st.lists(st.integers(0, 10_000), max_size=60))
def test_inserting_anywhere_keeps_the_order(places: list[int]) -> None:
    ordered: list[str] = []
    for place in places:
        at = place % (len(ordered) + 1)
        low = ordered[at - 1] if at else None
        high = ordered[at] if at < len(ordered) else None
        ordered.insert(at, between(low, high))
    assert ordered == sorted(set(ordered))
    assert all(RANK.fullmatch(rank) for rank in ordered)


@given(st.one_of(st.none(), ranks), st.one_of(st.none(), ranks))
def test_any_two_strings_have_a_rank_between_them_or_the_error_is_right(low: str | None, high: str | None) -> None:
    try:
        rank = between(low, high)
    except NoRoomError:
        assert high is not None
        assert (low or "") >= high or high.rstrip("0") == (low or "").rstrip("0")
    else:
        assert low is None or low < rank
        assert high is None or rank < high


def test_appending_and_prepending_grow_by_logarithm() -> None:
    last: str | None = None
    first: str | None = None
    for _ in range(5_000):
        last, first = after(last), between(None, first)
    assert len(last) <= 4
    assert len(first) <= 4


def test_random_insertion_stays_far_below_rebalancing() -> None:
    chance = random.Random(7)
    ordered = spread(2)
    for _ in range(2_000):
        at = chance.randrange(1, len(ordered))
        ordered.insert(at, between(ordered[at - 1], ordered[at]))
    assert max(map(len, ordered)) < REBALANCE_ABOVE


def test_integers_pass_their_length_both_ways() -> None:
    assert [after("az"), after("bzz"), after("Zz"), after("Yzz")] == ["b00", "c000", "a0", "Z0"]
    assert [between(None, "a0"), between(None, "b00"), between(None, "Z0")] == ["Zz", "az", "Yzz"]


def test_a_rank_beside_a_fraction_is_the_next_integer_if_that_is_free() -> None:
    assert between("a1V", "a3") == "a2"
    assert between("a1", "a2") == "a1V"


@pytest.mark.parametrize(("low", "high"), [("a1", "a1"), ("a2", "a1"), ("V", "V0"), (None, "0"), (None, "00")])
def test_where_nothing_fits_the_error_says_so(low: str | None, high: str) -> None:
    with pytest.raises(NoRoomError):
        between(low, high)
