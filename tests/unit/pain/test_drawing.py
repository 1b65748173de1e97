import xml.etree.ElementTree as ET
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tools.pain.body_regions import ACR_REGIONS, REGIONS, WPI_AREAS, acr_regions
from tools.pain.coverage import region_masks
from tools.pain.drawing import map_pain_drawing
from tools.pain.drawing_picture import drawing_png, drawing_svg
from tools.pain.svg_path import PathError

LOWER_BACK = "M 77 140 L 123 140 L 125 172 L 75 172 Z"
DOWN_THE_LEFT_LEG = "M 85 160 C 80 200 80 240 82 350"


def test_the_figure_has_some_seventy_regions_that_share_no_point() -> None:
    assert 60 <= len(REGIONS) <= 90
    assert len({region.id for region in REGIONS}) == len(REGIONS)
    for view in ("front", "back"):
        masks = region_masks(view)
        assert all(mask.sum() >= 30 for _, mask in masks)
        assert sum(int(mask.sum()) for _, mask in masks) == int(sum(mask for _, mask in masks).astype(bool).sum())


def test_both_views_have_the_same_outline() -> None:
    front, back = (sum(int(mask.sum()) for _, mask in region_masks(view)) for view in ("front", "back"))
    assert front == pytest.approx(back, rel=0.01)


def test_every_area_of_the_pain_index_is_somewhere_on_the_figure() -> None:
    assert len(WPI_AREAS) == 19
    assert {region.area for region in REGIONS} - {None} == set(WPI_AREAS)
    assert {area for areas in ACR_REGIONS.values() for area in areas} == set(WPI_AREAS)


def test_a_region_drawn_whole_is_covered_whole() -> None:
    drawing = map_pain_drawing(LOWER_BACK, "back")
    covered = {one.region.id: one.fraction for one in drawing.regions}
    assert covered == {
        "back-lower-back-left": pytest.approx(1, abs=0.02),
        "back-lower-back-right": pytest.approx(1, abs=0.02),
        "back-lumbar-spine": 1,
    }
    assert drawing.areas == ("lower back",)
    assert drawing.acr == ("axial",)
    assert drawing.shapes == ("bilateral", "midline")
    assert drawing.outside < 0.02


def test_sides_are_the_persons_own() -> None:
    at_the_viewers_left = "M 70 290 L 94 290 L 90 356 L 76 356 Z"
    assert map_pain_drawing(at_the_viewers_left, "front").names == ["right shin"]
    assert map_pain_drawing(at_the_viewers_left, "back").names == ["left calf"]


def test_an_open_stroke_has_a_width() -> None:
    drawing = map_pain_drawing(DOWN_THE_LEFT_LEG, "back")
    assert set(drawing.names) >= {"left buttock", "back of the left thigh", "left calf"}
    assert "below_knee_left" in drawing.shapes
    assert drawing.areas == ("left hip or buttock", "left upper leg", "left lower leg", "lower back")


def test_a_dot_counts_although_it_covers_little() -> None:
    assert map_pain_drawing("M 80 276 l 1 1", "front").names == ["right knee"]


def test_a_hole_in_an_outline_follows_the_fill_rule() -> None:
    ring = "M 76 66 H 124 V 140 H 76 Z M 80 70 H 120 V 136 H 80 Z"
    whole = map_pain_drawing(ring, "back", fill_rule="nonzero").surface_percent
    ring_only = map_pain_drawing(ring, "back", fill_rule="evenodd").surface_percent
    assert ring_only < whole / 3


def test_an_outline_that_is_nearly_closed_is_filled() -> None:
    open_ = map_pain_drawing("M 77 142 L 123 142 L 123 170 L 77 170 L 77 146", "back")
    assert open_.regions[0].fraction > 0.8


def test_a_view_box_says_in_which_units_the_path_is() -> None:
    drawing = map_pain_drawing("M 0.385 0.35 H 0.615 V 0.43 H 0.385 Z", "back", viewbox=(0, 0, 1, 1))
    assert set(drawing.names) == {"left lower back", "right lower back", "lumbar spine"}


@pytest.mark.parametrize(
    ("path", "view", "shape"),
    [
        ("M 96 200 a 4 6 0 1 0 8 0 a 4 6 0 1 0 -8 0 z", "back", "saddle"),
        ("M 82 220 L 82 350 M 118 220 L 118 350", "back", "both_legs"),
        ("M 105 100 L 120 100 L 120 120 L 105 120 Z M 131 100 L 140 150", "front", "chest_and_arm"),
        ("M 100 80 L 100 120", "back", "thoracic_spine"),
    ],
)
def test_shapes_that_call_for_a_question_are_named(path: str, view: str, shape: str) -> None:
    assert shape in map_pain_drawing(path, view).shapes  # type: ignore[arg-type]


def test_a_drawing_beside_the_body_says_so() -> None:
    drawing = map_pain_drawing("M0 0 h5 v5 h-5 z")
    assert drawing.regions == ()
    assert drawing.outside == 1
    assert "covers no part of the figure" in drawing.text


def test_jaw_chest_and_abdomen_are_no_counted_regions() -> None:
    assert acr_regions(frozenset({"left jaw", "chest", "abdomen"})) == ()
    assert acr_regions(frozenset({"left jaw", "left upper arm", "neck"})) == ("left upper", "axial")


@pytest.mark.parametrize("box", [(0, 0, 0, 400), (0, 0, float("nan"), 4), (0, 0, 200), (0, 0, -5, 10)])
def test_an_impossible_view_box_is_refused(box: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="view box"):
        map_pain_drawing(LOWER_BACK, viewbox=box)


def test_the_check_picture_shows_the_drawing_and_nothing_of_what_was_sent_but_numbers() -> None:
    drawing = map_pain_drawing(LOWER_BACK, "back")
    tree = ET.fromstring(drawing_svg(drawing))
    tags = [child.tag.split("}")[1] for child in tree]
    assert tags.count("polygon") == len(region_masks("back"))
    assert tags.count("polyline") == 1
    with Image.open(BytesIO(drawing_png(drawing))) as picture:
        assert picture.size == (400, 800)
        red, green, _ = picture.getpixel((200, 310))  # type: ignore[misc]
        assert red > green + 50


@settings(max_examples=60)
@given(st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)), min_size=2, max_size=20), st.booleans())
def test_any_path_covers_between_nothing_and_everything(points: list[tuple[float, float]], close: bool) -> None:
    path = "M" + " L".join(f"{x:.2f} {y:.2f}" for x, y in points) + ("Z" if close else "")
    try:
        drawing = map_pain_drawing(path)
    except PathError:
        return
    assert 0 <= drawing.surface_percent <= 100
    assert 0 <= drawing.outside <= 1
    assert all(0 < one.fraction <= 1 for one in drawing.regions)
    drawing_svg(drawing)
