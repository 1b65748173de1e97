import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.fractional_rank import nth_rank
from tools.running.clock_text import duration_seconds, duration_text, km_text, pace_text
from tools.running.paces import equivalent_times, training_paces
from tools.running.race_distances import RACE_KM
from tools.running.riegel import riegel_time
from tools.running.vdot import race_time, vdot_of

TABLE = {
    30: ("30:40", "63:46", "2:21:04", "4:49:17"),
    40: ("24:08", "50:03", "1:50:59", "3:49:45"),
    50: ("19:57", "41:21", "1:31:35", "3:10:49"),
    60: ("17:03", "35:22", "1:18:09", "2:43:25"),
    70: ("14:55", "31:00", "1:08:21", "2:23:10"),
}


def test_vdot_of_five_kilometres_in_27_minutes_is_the_published_value() -> None:
    assert vdot_of(5, 27 * 60) == pytest.approx(34.96321966414413, abs=1e-12)


@pytest.mark.parametrize("vdot", TABLE)
def test_race_times_are_within_a_quarter_percent_of_the_published_table(vdot: int) -> None:
    times = equivalent_times(vdot)
    for race, published in zip(RACE_KM, TABLE[vdot], strict=True):
        assert times[race] == pytest.approx(duration_seconds(published), rel=0.0025)


@given(st.floats(28, 85), st.floats(2, 42.195))
def test_a_race_time_gives_back_its_vdot(vdot: float, km: float) -> None:
    assert vdot_of(km, race_time(vdot, km)) == pytest.approx(vdot, abs=1e-6)


@pytest.mark.parametrize(
    ("name", "published", "tolerance"),
    [
        ("easy_fast", "4:56", 3.2),
        ("easy_slow", "5:34", 3.2),
        ("marathon", "4:31", 1),
        ("threshold", "4:15", 0.5),
        ("interval", "3:55", 0.7),
        ("repetition", "3:41", 1),
    ],
)
def test_paces_at_vdot_50_are_the_published_ones(name: str, published: str, tolerance: float) -> None:
    assert getattr(training_paces(50), name) == pytest.approx(duration_seconds(published), abs=tolerance)


def test_marathon_pace_is_slower_than_the_equation_for_slow_runners_only() -> None:
    for vdot, slower in ((30, 11), (45, 0), (60, 0)):
        equation = race_time(vdot, 42.195) / 42.195
        assert training_paces(vdot).marathon - equation == pytest.approx(slower, abs=1)


@given(st.floats(15, 89))
def test_fitter_runners_have_faster_paces_in_the_same_order(vdot: float) -> None:
    paces = training_paces(vdot)
    order = [paces.repetition, paces.interval, paces.threshold, paces.marathon, paces.easy_slow]
    assert order == sorted(order)
    assert paces.easy_fast < paces.easy_slow
    fitter = training_paces(vdot + 1)
    assert all(getattr(fitter, name) < getattr(paces, name) for name in vars(paces))


def test_riegel_predicts_the_half_marathon_from_ten_kilometres() -> None:
    assert duration_text(riegel_time(10, 2400, 21.0975)) == "1:28:15"


@pytest.mark.parametrize(
    ("km", "seconds"), [(0, 100), (-5, 100), (5, 0), (math.nan, 100), (5, math.inf), (10, 60), (5, 30_000)]
)
def test_races_that_cannot_be_are_refused(km: float, seconds: float) -> None:
    with pytest.raises(ValueError, match=r"positive|defined for|plausible"):
        vdot_of(km, seconds)


@pytest.mark.parametrize("numbers", [(0, 1, 1), (1, -1, 1), (1, 1, math.nan)])
def test_riegel_refuses_numbers_that_are_no_distances(numbers: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="positive"):
        riegel_time(*numbers)


@pytest.mark.parametrize(("vdot", "km"), [(10, 10), (95, 10), (math.nan, 10), (50, 0.1), (50, math.nan)])
def test_race_times_outside_the_equations_are_refused(vdot: float, km: float) -> None:
    with pytest.raises(ValueError, match="between"):
        race_time(vdot, km)


@given(st.integers(0, 40_000))
def test_durations_read_back_as_written(seconds: int) -> None:
    assert duration_seconds(duration_text(seconds)) == seconds


@pytest.mark.parametrize("text", ["", "1:2:3:4", "ten", "-5:00", "5:75", "5:"])
def test_texts_that_are_no_durations_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a time"):
        duration_seconds(text)


def test_paces_and_distances_are_written_as_runners_write_them() -> None:
    assert pace_text(271.4) == "4:31/km"
    assert [km_text(km) for km in (14.0, 14.5, 21.0975)] == ["14", "14.5", "21.1"]


def test_ranks_sort_in_order_beyond_one_digit() -> None:
    ranks = [nth_rank(index) for index in range(3906)]
    assert ranks == sorted(ranks)
    assert ranks[:2] + ranks[61:63] == ["a0", "a1", "az", "b00"]
    for index in (-1, 3906):
        with pytest.raises(ValueError, match="no rank"):
            nth_rank(index)
