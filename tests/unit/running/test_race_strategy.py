import pytest

from tools.running.race_strategy import KM_PER_MILE, describe, fuelling, heat_note, splits

HALF_KM = 21.0975


def test_even_splits_add_up_to_the_goal_and_are_alike() -> None:
    found = splits(HALF_KM, 6300)
    assert len(found) == 22
    assert found[-1].clock_s == pytest.approx(6300)
    assert found[-1].end_km == pytest.approx(HALF_KM)
    assert {round(split.seconds, 3) for split in found[:-1]} == {round(6300 / HALF_KM, 3)}


def test_a_negative_split_runs_the_second_half_faster_in_the_same_time() -> None:
    found = splits(10, 3000, strategy="negative")
    first, second = found[4].clock_s, found[-1].clock_s - found[4].clock_s
    assert found[-1].clock_s == pytest.approx(3000)
    assert first > second
    assert first / second == pytest.approx(1.011, abs=0.001)


def test_mile_splits_end_with_the_part_that_is_left() -> None:
    found = splits(HALF_KM, 6300, unit="mile")
    assert len(found) == 14
    assert found[0].end_km == pytest.approx(KM_PER_MILE, abs=1e-4)
    assert found[-1].seconds / found[0].seconds == pytest.approx(HALF_KM / KM_PER_MILE - 13, rel=1e-6)


def test_a_hill_costs_time_as_minetti_measured_and_the_goal_stays() -> None:
    flat_up_down = splits(3, 900, climb_m=[0, 50, -50])
    level, up, down = (split.seconds for split in flat_up_down)
    assert up / level == pytest.approx((46.3 * 0.0025 + 19.5 * 0.05 + 3.6) / 3.6, rel=0.01)
    assert down < level < up
    assert flat_up_down[-1].clock_s == pytest.approx(900)


@pytest.mark.parametrize(
    ("distance", "goal", "climb", "said"),
    [
        (float("nan"), 3000, [], "between 0.4 and 250"),
        (10, 60, [], "between 1:40 and 20:00"),
        (10, float("inf"), [], "between 1:40 and 20:00"),
        (10, 3000, [1, 2], "10 splits"),
        (1, 300, [900], "45 %"),
        (1, 300, [float("nan")], "45 %"),
    ],
)
def test_what_is_no_race_is_refused_with_a_reason(distance: float, goal: float, climb: list[float], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        splits(distance, goal, climb_m=climb)


def test_only_long_races_need_food_and_longer_ones_more() -> None:
    assert fuelling(50 * 60) is None
    half = fuelling(105 * 60)
    marathon = fuelling(4 * 3600)
    assert half is not None
    assert marathon is not None
    assert half.grams_per_hour == (30, 60)
    assert [at // 60 for at in half.at_s] == [30, 60]
    assert marathon.grams_per_hour == (60, 90)
    assert marathon.at_s[-1] < 4 * 3600 - 15 * 60


def test_heat_is_named_without_inventing_a_number() -> None:
    assert heat_note(10) is None
    assert "by effort" in (heat_note(20) or "")
    assert "give up the goal" in (heat_note(30) or "")
    with pytest.raises(ValueError, match="°C"):
        heat_note(90)


def test_a_race_is_told_in_one_sentence() -> None:
    assert describe(splits(10, 3000), "km") == "5:00 a km; 25:00 at 5 km, 50:00 at the end"
    assert describe(splits(10, 3000, strategy="negative"), "km").startswith("between 4:57 and 5:03 a km")
