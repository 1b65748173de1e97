import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.pain.svg_path import MAX_BYTES, MAX_SEGMENTS, PathError, parse_path


def ends(data: str) -> list[tuple[float, float]]:
    return [line.points[-1] for line in parse_path(data)]


def test_lines_go_on_without_letters_and_relative_ones_from_where_the_pen_is() -> None:
    [line] = parse_path("M10,10 20 10 l0 5 h-5V30z")
    assert line.points == ((10, 10), (20, 10), (20, 15), (15, 15), (15, 30), (10, 10))
    assert line.closed


def test_a_move_begins_another_outline() -> None:
    first, second = parse_path("m0 0 h10 v10 z m20 20 l5 0")
    assert (first.closed, second.closed) == (True, False)
    assert second.points == ((20, 20), (25, 20))


def test_curves_end_where_they_say_and_pass_where_they_must() -> None:
    [line] = parse_path("M0 0 C 0 10 10 10 10 0 S 20 -10 20 0")
    assert line.points[12] == (10, 0)
    assert line.points[-1] == (20, 0)
    assert line.points[6] == pytest.approx((5, 7.5))
    assert line.points[18] == pytest.approx((15, -7.5))
    [line] = parse_path("M0 0 Q 5 10 10 0 T 20 0")
    assert line.points[6] == pytest.approx((5, 5))
    assert line.points[18] == pytest.approx((15, -5))


def test_an_arc_keeps_its_distance_from_the_middle() -> None:
    [line] = parse_path("M 90 100 a 10 10 0 1 1 20 0 a 10 10 0 1 1 -20 0")
    assert line.closed
    assert all(math.dist(point, (100, 100)) == pytest.approx(10) for point in line.points)


def test_flags_of_an_arc_may_stick_together() -> None:
    assert ends("M0 0a5 5 0 0110 0") == [(10, 0)]


def test_radii_too_small_are_stretched_as_the_standard_says() -> None:
    [line] = parse_path("M0 0 A 1 1 0 0 1 10 0")
    assert min(point[1] for point in line.points) == pytest.approx(-5)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("", "draws nothing"),
        ("M 1 2", "draws nothing"),
        ("L 3 3", "starts with M"),
        ("hello", "a number is expected at character 2"),
        ("M 1 nan", "a number is expected at character 5, not 'nan'"),
        ("M 0 0 L inf 3", "a number is expected"),
        ("M 0 0 L 1e400 3", "out of range"),
        ("M 0 0 L 1 1 x", "a number is expected at character 13"),
        ("M0 0A1 1 0 2 0 3 3", "a flag (0 or 1)"),
        ("M0 0 Z 3 3", "a command is expected"),
        ("M1 2 L 3", "not 'the end'"),
        ("<svg><path d='M0 0'/></svg>", "path's data only"),
        ("M0 0" + "L1 1" * MAX_SEGMENTS, "more than 5000 segments"),
        ("M0 0 " + " " * MAX_BYTES, "at most 65536"),
    ],
)
def test_what_is_no_path_is_refused_with_the_place(data: str, words: str) -> None:
    with pytest.raises(PathError) as refusal:
        parse_path(data)
    assert words in str(refusal.value)


@settings(max_examples=200)
@given(st.text(alphabet="MmLlHhVvCcSsQqTtAaZz0123456789.,-+eE nNaif", max_size=60))
def test_anything_is_either_finite_points_or_a_refusal(data: str) -> None:
    try:
        lines = parse_path("M0 0" + data)
    except PathError:
        return
    assert all(math.isfinite(x) and math.isfinite(y) for line in lines for x, y in line.points)
