"""Jet lag, money, packing, the choice of options, and flights' numbers: against what their sources say."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.travel.currency import convert, money
from tools.travel.packing_list import packing_list
from tools.travel.solve_trip import NoTripPossible, Option, Slot, TripConstraints, solve_trip
from tools.travel.time_zones import hour_text, jet_lag_schedule


def test_eight_hours_east_take_eight_days_of_morning_light_that_comes_ever_earlier() -> None:
    days = jet_lag_schedule(8)
    assert len(days) == 8
    # waking at 7 the body's minimum is at 4, and 8 hours later by the clocks there
    assert [hour_text(hour) for hour in days[0].light] == ["12:00", "15:00"]
    assert [hour_text(hour) for hour in days[0].dark] == ["09:00", "12:00"]
    assert [day.light[0] for day in days] == [12, 11, 10, 9, 8, 7, 6, 5]


def test_going_west_is_quicker_by_half_and_wants_evening_light() -> None:
    days = jet_lag_schedule(-9)
    assert len(days) == 6
    assert [hour_text(hour) for hour in days[0].light] == ["16:00", "19:00"]


def test_far_to_the_east_goes_round_by_the_west() -> None:
    assert len(jet_lag_schedule(13)) == len(jet_lag_schedule(-11)) == 8
    assert jet_lag_schedule(1) == jet_lag_schedule(-1) == jet_lag_schedule(0) == []
    with pytest.raises(ValueError, match="14 hours"):
        jet_lag_schedule(15)


@settings(max_examples=100)
@given(st.floats(-14, 14), st.floats(0, 24), st.floats(0, 24))
def test_every_shift_ends_and_its_hours_are_hours_of_the_day(hours: float, bed: float, wake: float) -> None:
    days = jet_lag_schedule(hours, sleep_from=bed, sleep_to=wake)
    assert len(days) <= 14
    for day in days:
        for hour in (day.sleep_from, day.sleep_to, *day.light, *day.dark):
            assert 0 <= hour < 24


def test_money_goes_by_the_dated_rates_and_is_written_as_its_currency_is() -> None:
    assert convert(100, "eur", "JPY") == 18_285
    assert convert(114.76, "USD", "EUR") == 100
    assert convert(1, "GBP", "USD") == pytest.approx(1.1476 / 0.86503, abs=0.005)
    assert money(1234.5, "EUR") == "1,234.50 EUR"
    assert money(1234.5, "JPY") == "1,234 JPY"
    for amount, code in ((float("nan"), "EUR"), (1.0, "DOGE")):
        with pytest.raises(ValueError, match=r"\w"):
            convert(amount, code, "EUR")


def test_packing_counts_days_up_to_the_laundry_and_says_when_the_weather_is_a_guess() -> None:
    short, long = packing_list(2, climate="hot"), packing_list(30, climate="hot")
    assert "2 sets of underwear and socks" in short.groups["clothes"]
    assert "7 sets of underwear and socks" in long.groups["clothes"]
    assert any("laundry" in thing for thing in long.groups["clothes"])
    assert "sunscreen" in short.groups["for the weather"]
    guess = packing_list(3, latitude=35, month=1)
    assert guess.guessed
    assert guess.climate in ("cold", "mild")
    assert packing_list(3, latitude=-34, month=1).climate in ("hot", "warm")
    assert packing_list(3, latitude=64, month=1).climate == "freezing"
    with pytest.raises(ValueError, match="1 to 90"):
        packing_list(0)


options = st.lists(
    st.builds(
        Option,
        id=st.sampled_from("abcdef"),
        price=st.integers(0, 30).map(float),
        rating=st.integers(0, 5).map(float),
        tags=st.frozensets(st.sampled_from(["flight", "car", "italian", "french", "quiet"]), max_size=2),
    ),
    max_size=4,
    unique_by=lambda one: one.id,
).map(tuple)
slots = st.lists(
    st.tuples(st.sampled_from(["transport", "stay", "meal"]), options, st.sampled_from([None, "food"])),
    min_size=1,
    max_size=4,
).map(
    lambda drawn: [
        Slot(name=f"s{n}", kind=kind, options=choices, distinct=group) for n, (kind, choices, group) in enumerate(drawn)
    ]
)
constraints = st.builds(
    TripConstraints,
    budget=st.one_of(st.none(), st.integers(0, 80).map(float)),
    forbidden=st.frozensets(st.sampled_from(["car", "french"]), max_size=1),
    required_stay=st.frozensets(st.just("quiet"), max_size=1),
    covered_meals=st.frozensets(st.sampled_from(["italian", "french"]), max_size=1),
    apart=st.sampled_from([(), (("flight", "car"),)]),
)


def kept(chosen: tuple[Option, ...], asked: list[Slot], rules: TripConstraints) -> bool:
    """The rules once more, written plainly."""
    pairs = list(zip(asked, chosen, strict=True))
    meals = [one.tags for slot, one in pairs if slot.kind == "meal"]
    ways = [one.tags for slot, one in pairs if slot.kind == "transport"]
    groups = [(slot.distinct, one.id) for slot, one in pairs if slot.distinct]
    return (
        (rules.budget is None or sum(one.price for one in chosen) <= rules.budget)
        and not any(one.tags & rules.forbidden for one in chosen)
        and all(rules.required_stay <= one.tags for slot, one in pairs if slot.kind == "stay")
        and rules.covered_meals <= frozenset().union(*meals)
        and len(groups) == len(set(groups))
        and not any(
            (a in x and b in y) or (b in x and a in y)
            for a, b in rules.apart
            for x, y in itertools.combinations(ways, 2)
        )
    )


@settings(max_examples=200)
@given(slots, constraints)
def test_the_choice_is_the_best_of_all_that_keep_the_rules(asked: list[Slot], rules: TripConstraints) -> None:
    good = [one for one in itertools.product(*(slot.options for slot in asked)) if kept(one, asked, rules)]
    try:
        found = solve_trip(asked, rules)
    except NoTripPossible as refusal:
        assert good == []
        assert str(refusal).endswith(".")
        return
    best = max((sum(one.rating for one in choice), -sum(one.price for one in choice)) for choice in good)
    assert (found.rating * len(asked), -found.total) == pytest.approx(best)
    assert kept(tuple(found.chosen.values()), asked, rules)
