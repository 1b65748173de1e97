"""The body as polygons: our own figure, front and back, on a template of 200 by 400.

Sides are the person's own: in the front view their right is at the viewer's left. Areas are the 19 of the Widespread Pain
Index and regions the five of the 2016 criteria (Wolfe and others, Seminars in Arthritis and Rheumatism 46, 2016); that
elbow, wrist and hand count with the lower arm, and knee, ankle and foot with the lower leg, is our choice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

View = Literal["front", "back"]
Side = Literal["left", "right", "middle"]
Point = tuple[float, float]

WIDTH, HEIGHT = 200, 400

WPI_AREAS: tuple[str, ...] = (
    "left shoulder girdle",
    "right shoulder girdle",
    "left upper arm",
    "right upper arm",
    "left lower arm",
    "right lower arm",
    "left hip or buttock",
    "right hip or buttock",
    "left upper leg",
    "right upper leg",
    "left lower leg",
    "right lower leg",
    "left jaw",
    "right jaw",
    "chest",
    "abdomen",
    "neck",
    "upper back",
    "lower back",
)
ACR_REGIONS: dict[str, tuple[str, ...]] = {
    "left upper": ("left shoulder girdle", "left upper arm", "left lower arm", "left jaw"),
    "right upper": ("right shoulder girdle", "right upper arm", "right lower arm", "right jaw"),
    "left lower": ("left hip or buttock", "left upper leg", "left lower leg"),
    "right lower": ("right hip or buttock", "right upper leg", "right lower leg"),
    "axial": ("neck", "upper back", "lower back", "chest", "abdomen"),
}
NOT_COUNTED = frozenset({"left jaw", "right jaw", "chest", "abdomen"})
"""Areas that are not included when the five regions are counted."""


@dataclass(frozen=True)
class BodyRegion:
    """One region of a view; `part` is what it is without its side, `area` its area of the index, if it has one."""

    id: str
    name: str
    part: str
    view: View
    side: Side
    area: str | None
    polygon: tuple[Point, ...]


# A part of the figure's viewer-left half, which is mirrored: name, area of the index without its side, outline.
_Half = tuple[str, str | None, tuple[Point, ...]]
_SHOULDER: tuple[Point, ...] = ((91, 66), (78, 70), (66, 76), (62, 84), (62, 96), (74, 96), (80, 84), (91, 78))
_UPPER_ARM: tuple[Point, ...] = ((62, 96), (74, 96), (72, 112), (70, 138), (56, 138), (58, 112))
_ELBOW: tuple[Point, ...] = ((56, 138), (70, 138), (68, 156), (52, 156))
_FOREARM: tuple[Point, ...] = ((52, 156), (68, 156), (60, 190), (46, 190))
_WRIST: tuple[Point, ...] = ((46, 190), (60, 190), (58, 200), (44, 200))
_HAND: tuple[Point, ...] = ((44, 200), (58, 200), (58, 226), (50, 236), (40, 230), (38, 212))
_KNEE: tuple[Point, ...] = ((68, 262), (94, 262), (94, 290), (70, 290))
_LOWER_LEG: tuple[Point, ...] = ((70, 290), (94, 290), (93, 320), (90, 356), (76, 356), (71, 320))
_ANKLE: tuple[Point, ...] = ((76, 356), (90, 356), (90, 370), (75, 370))
_FOOT: tuple[Point, ...] = ((75, 370), (90, 370), (93, 386), (90, 394), (66, 394), (66, 386))

_FRONT_HALVES: tuple[_Half, ...] = (
    ("cheek", None, ((82, 28), (100, 28), (100, 42), (84, 42))),
    ("jaw", "jaw", ((84, 42), (100, 42), (100, 56), (92, 54))),
    ("shoulder", "shoulder girdle", _SHOULDER),
    ("upper arm", "upper arm", _UPPER_ARM),
    ("front of the elbow", "lower arm", _ELBOW),
    ("forearm", "lower arm", _FOREARM),
    ("wrist", "lower arm", _WRIST),
    ("palm", "lower arm", _HAND),
    ("chest", "chest", ((91, 66), (100, 66), (100, 124), (76, 124), (74, 96), (80, 84), (91, 78))),
    ("upper abdomen", "abdomen", ((76, 124), (100, 124), (100, 148), (77, 148))),
    ("lower abdomen", "abdomen", ((77, 148), (100, 148), (100, 176), (74, 176))),
    ("hip", "hip or buttock", ((74, 176), (84, 176), (82, 206), (67, 206), (70, 190))),
    ("groin", None, ((84, 176), (100, 176), (100, 188), (93, 196), (92, 206), (82, 206))),
    ("front of the thigh", "upper leg", ((67, 206), (86, 206), (85, 262), (68, 262))),
    ("inner thigh", "upper leg", ((86, 206), (92, 206), (92, 208), (99, 212), (97, 240), (94, 262), (85, 262))),
    ("knee", "lower leg", _KNEE),
    ("shin", "lower leg", _LOWER_LEG),
    ("front of the ankle", "lower leg", _ANKLE),
    ("foot", "lower leg", _FOOT),
)
_BACK_HALVES: tuple[_Half, ...] = (
    ("back of the shoulder", "shoulder girdle", _SHOULDER),
    ("back of the upper arm", "upper arm", _UPPER_ARM),
    ("elbow", "lower arm", _ELBOW),
    ("back of the forearm", "lower arm", _FOREARM),
    ("back of the wrist", "lower arm", _WRIST),
    ("back of the hand", "lower arm", _HAND),
    ("shoulder blade", "upper back", ((91, 66), (95, 66), (95, 112), (76, 112), (74, 96), (80, 84), (91, 78))),
    ("mid back", "upper back", ((76, 112), (95, 112), (95, 140), (77, 140))),
    ("lower back", "lower back", ((77, 140), (95, 140), (95, 172), (75, 172))),
    ("buttock", "hip or buttock", ((75, 172), (93, 172), (95, 188), (94, 204), (95, 212), (67, 212), (70, 190))),
    ("back of the thigh", "upper leg", ((67, 212), (95, 212), (96, 214), (99, 215), (97, 240), (94, 262), (68, 262))),
    ("back of the knee", "lower leg", _KNEE),
    ("calf", "lower leg", _LOWER_LEG),
    ("back of the ankle", "lower leg", _ANKLE),
    ("heel", "lower leg", _FOOT),
)
_NECK: tuple[Point, ...] = ((92, 54), (100, 56), (108, 54), (109, 66), (91, 66))
_TOP: tuple[Point, ...] = ((82, 28), (84, 16), (91, 8), (100, 6), (109, 8), (116, 16), (118, 28))
_GENITALS: tuple[Point, ...] = ((100, 188), (93, 196), (92, 208), (100, 212), (108, 208), (107, 196))
_BACK_HEAD: tuple[Point, ...] = (*_TOP, (116, 42), (108, 54), (100, 56), (92, 54), (84, 42))
_PERINEUM: tuple[Point, ...] = (
    (95, 188),
    (100, 192),
    (105, 188),
    (106, 204),
    (104, 214),
    (100, 216),
    (96, 214),
    (94, 204),
)
_FRONT_MIDDLE: tuple[_Half, ...] = (
    ("forehead", None, _TOP),
    ("front of the neck", "neck", _NECK),
    ("genital area", None, _GENITALS),
)
_BACK_MIDDLE: tuple[_Half, ...] = (
    ("back of the head", None, _BACK_HEAD),
    ("back of the neck", "neck", _NECK),
    ("thoracic spine", "upper back", ((95, 66), (105, 66), (105, 140), (95, 140))),
    ("lumbar spine", "lower back", ((95, 140), (105, 140), (105, 172), (95, 172))),
    ("sacrum", "lower back", ((93, 172), (107, 172), (105, 188), (100, 192), (95, 188))),
    ("perineum", None, _PERINEUM),
)

SADDLE = frozenset({"genital area", "perineum"})
_UNSIDED = frozenset({"chest", "abdomen", "neck", "upper back", "lower back"})


def _regions() -> tuple[BodyRegion, ...]:
    found: list[BodyRegion] = []
    views: tuple[tuple[View, tuple[_Half, ...], tuple[_Half, ...]], ...] = (
        ("front", _FRONT_HALVES, _FRONT_MIDDLE),
        ("back", _BACK_HALVES, _BACK_MIDDLE),
    )
    for view, halves, middle in views:
        for part, area, outline in middle:
            found.append(_region(view, "middle", part, area, outline))
        for part, area, outline in halves:
            viewer_left: Side = "right" if view == "front" else "left"
            viewer_right: Side = "left" if view == "front" else "right"
            found.append(_region(view, viewer_left, part, area, outline))
            mirrored = tuple((WIDTH - x, y) for x, y in outline)
            found.append(_region(view, viewer_right, part, area, mirrored))
    return tuple(found)


def _region(view: View, side: Side, part: str, area: str | None, outline: tuple[Point, ...]) -> BodyRegion:
    slug = part.replace(" of the ", "-").replace(" ", "-")
    sided = area if area is None or area in _UNSIDED else f"{side} {area}"
    if side == "middle":
        return BodyRegion(f"{view}-{slug}", part, part, view, side, sided, outline)
    name = f"{side} {part}" if " of the " not in part else part.replace(" of the ", f" of the {side} ")
    return BodyRegion(f"{view}-{slug}-{side}", name, part, view, side, sided, outline)


REGIONS: tuple[BodyRegion, ...] = _regions()
BY_ID: dict[str, BodyRegion] = {region.id: region for region in REGIONS}


def regions_of(view: View) -> tuple[BodyRegion, ...]:
    """The regions of one view."""
    return tuple(region for region in REGIONS if region.view == view)


def acr_regions(areas: frozenset[str]) -> tuple[str, ...]:
    """The regions of the 2016 criteria in which a counted area hurts."""
    counted = areas - NOT_COUNTED
    return tuple(name for name, inside in ACR_REGIONS.items() if counted & set(inside))
