"""From a drawn outline of pain to what it covers: body regions, areas of the pain index, and shapes that matter."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from tools.pain.body_regions import HEIGHT, SADDLE, WIDTH, WPI_AREAS, BodyRegion, Point, Side, View, acr_regions
from tools.pain.coverage import STROKE, FillRule, Mask, centroid, filled, region_masks, stroked
from tools.pain.svg_path import Polyline, parse_path

LEAST_FRACTION = 0.08
"""A region counts as drawn on from this part of it on …"""
LEAST_SHARE = 0.2
"""… or when this part of the whole drawing lies in it, as with a small dot on a knee."""
_ALMOST_CLOSED = 12.0
"""An outline whose ends are this near (template units) was meant to be closed."""
_BELOW_KNEE = frozenset({"shin", "calf", "front of the ankle", "back of the ankle", "foot", "heel"})
_ABOVE_KNEE = frozenset({"lower back", "buttock", "back of the thigh", "front of the thigh", "hip"})
_LEG = frozenset({"back of the thigh", "calf", "shin", "foot", "heel", "back of the ankle", "front of the ankle"})
_ARM = frozenset({"upper arm", "back of the upper arm", "forearm", "shoulder", "front of the elbow", "elbow"})


@dataclass(frozen=True)
class DrawnRegion:
    """A region of the body with the part of it that is covered (0 to 1), and that part of the drawing's own area."""

    region: BodyRegion
    fraction: float
    share: float
    centroid: Point


@dataclass(frozen=True)
class PainDrawing:
    """What a drawing covers.

    `surface_percent` is the covered part of the view's figure; `outside` the part of the drawing beside the figure (0
    to 1). `areas` are those of the Widespread Pain Index, `acr` the regions of the 2016 criteria, `shapes` the cues
    `bilateral`, `midline`, `below_knee_left`, `below_knee_right`, `saddle`, `both_legs`, `chest_and_arm`,
    `thoracic_spine`.
    """

    view: View
    regions: tuple[DrawnRegion, ...]
    surface_percent: float
    outside: float
    areas: tuple[str, ...]
    acr: tuple[str, ...]
    shapes: tuple[str, ...]
    lines: tuple[Polyline, ...]

    @property
    def names(self) -> list[str]:
        """The regions' names, the most covered first."""
        return [drawn.region.name for drawn in self.regions]

    @property
    def text(self) -> str:
        """The drawing in a sentence or two."""
        if not self.regions:
            return "The drawing covers no part of the figure; draw on the body, in the template's 200 by 400 units."
        listed = ", ".join(f"{one.region.name} ({one.fraction:.0%})" for one in self.regions[:8])
        more = f" and {len(self.regions) - 8} more" if len(self.regions) > 8 else ""
        areas = f" It touches {len(self.areas)} of the 19 pain areas." if self.areas else ""
        return (
            f"Drawn on the {self.view}: {listed}{more}; {self.surface_percent:.1f} % of that side of the body.{areas}"
        )


def map_pain_drawing(
    svg_path: str,
    view: View = "front",
    viewbox: Sequence[float] | None = None,
    fill_rule: FillRule = "nonzero",
) -> PainDrawing:
    """What a path covers on the front or the back.

    `viewbox` (min x, min y, width, height) says in which units the path is; it is stretched to the template, which is
    0 0 200 400. Outlines that are closed, or nearly, are filled; open strokes are given a width of 6 units. Raises
    ValueError, with a sentence, for what is no path or no view box.
    """
    lines = [_scaled(line, _box(viewbox)) for line in parse_path(svg_path)]
    covered = _covered(lines, fill_rule)
    total = int(covered.sum())
    body = np.zeros_like(covered)
    drawn: list[DrawnRegion] = []
    for region, mask in region_masks(view):
        body |= mask
        both = covered & mask
        count = int(both.sum())
        if count:
            drawn.append(DrawnRegion(region, count / int(mask.sum()), count / total, centroid(both)))
    kept = [one for one in drawn if one.fraction >= LEAST_FRACTION or one.share >= LEAST_SHARE]
    kept.sort(key=lambda one: (-one.share, one.region.id))
    inside = int((covered & body).sum())
    areas = frozenset(one.region.area for one in kept if one.region.area is not None)
    return PainDrawing(
        view=view,
        regions=tuple(kept),
        surface_percent=100 * inside / int(body.sum()),
        outside=1 - inside / total if total else 1.0,
        areas=tuple(area for area in WPI_AREAS if area in areas),
        acr=acr_regions(areas),
        shapes=_shapes([one.region for one in kept]),
        lines=tuple(lines),
    )


def _box(viewbox: Sequence[float] | None) -> tuple[float, float, float, float]:
    if viewbox is None:
        return 0.0, 0.0, float(WIDTH), float(HEIGHT)
    if len(viewbox) != 4 or not all(math.isfinite(value) for value in viewbox):
        raise ValueError("a view box is four finite numbers: min x, min y, width, height")
    x, y, width, height = map(float, viewbox)
    if not (1e-3 <= width <= 1e6 and 1e-3 <= height <= 1e6):
        raise ValueError("a view box needs a width and a height between 0.001 and 1,000,000")
    return x, y, width, height


def _scaled(line: Polyline, box: tuple[float, float, float, float]) -> Polyline:
    x, y, width, height = box
    points = tuple(((px - x) * WIDTH / width, (py - y) * HEIGHT / height) for px, py in line.points)
    gap = math.dist(points[0], points[-1])
    scaled = Polyline(points, line.closed)
    nearly = len(points) > 3 and gap <= _ALMOST_CLOSED and scaled.length > 4 * _ALMOST_CLOSED
    return Polyline(points, line.closed or nearly)


def _covered(lines: Sequence[Polyline], fill_rule: FillRule) -> Mask:
    closed = [line.points for line in lines if line.closed]
    covered = filled(closed, fill_rule)
    # An outline without an inside, such as a line drawn there and back, is a stroke too.
    thin = [line.points for line in lines if not line.closed or _is_thin(line)]
    return covered | stroked(thin, STROKE)


def _is_thin(line: Polyline) -> bool:
    """Whether the outline's inside is narrower than a stroke."""
    doubled = sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(line.points))
    return abs(doubled) / 2 < STROKE * line.length / 4


def _shapes(regions: Sequence[BodyRegion]) -> tuple[str, ...]:
    parts: dict[Side, set[str]] = {"left": set(), "right": set(), "middle": set()}
    for region in regions:
        parts[region.side].add(region.part)
    left, right, middle = parts["left"], parts["right"], parts["middle"]
    both_arms = left | right
    cues = {
        "bilateral": bool(left & right),
        "midline": bool(middle & {"thoracic spine", "lumbar spine", "sacrum"}),
        "below_knee_left": bool(left & _BELOW_KNEE and left & _ABOVE_KNEE),
        "below_knee_right": bool(right & _BELOW_KNEE and right & _ABOVE_KNEE),
        "saddle": bool(middle & SADDLE) or ("inner thigh" in left and "inner thigh" in right),
        "both_legs": bool(left & _LEG and right & _LEG),
        "chest_and_arm": "chest" in both_arms and bool(both_arms & _ARM or "jaw" in both_arms),
        "thoracic_spine": "thoracic spine" in middle,
    }
    return tuple(cue for cue, there in cues.items() if there)
