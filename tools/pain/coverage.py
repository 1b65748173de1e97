"""Which points of the template a drawing covers: filled outlines by winding number, strokes by their width."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import pairwise
from typing import Literal

import numpy as np
import numpy.typing as npt

from tools.pain.body_regions import HEIGHT, WIDTH, BodyRegion, Point, View, regions_of

FillRule = Literal["nonzero", "evenodd"]
Mask = npt.NDArray[np.bool_]

STROKE = 6.0
"""Width in template units that an open stroke is given."""
CELL = 2
"""Template units between the points that are looked at: (1, 1), (3, 1), …"""
_ROWS, _COLUMNS = HEIGHT // CELL, WIDTH // CELL
_CHUNK = 20_000


def filled(outlines: Iterable[Sequence[Point]], rule: FillRule) -> Mask:
    """The points inside closed outlines, rows by columns."""
    edges = [(a, b) for outline in outlines for a, b in pairwise([*outline, outline[0]]) if a[1] != b[1]]
    winding = np.zeros((_ROWS, _COLUMNS + 1), dtype=np.int32)
    for first in range(0, len(edges), _CHUNK):
        _add_crossings(np.array(edges[first : first + _CHUNK], dtype=np.float64), winding)
    turns = np.cumsum(winding, axis=1)[:, :_COLUMNS]
    inside: Mask = turns != 0 if rule == "nonzero" else turns % 2 != 0
    return inside


def _add_crossings(edges: npt.NDArray[np.float64], winding: npt.NDArray[np.int32]) -> None:
    """Add each edge's turn to the first point at the right of where it crosses a row."""
    (x1, y1), (x2, y2) = edges[:, 0].T, edges[:, 1].T
    turn = np.where(y1 < y2, 1, -1)
    low, high = np.minimum(y1, y2), np.maximum(y1, y2)
    # Rows lie at y = CELL * row + CELL / 2; an edge covers its lower end and not its upper one.
    first = np.clip(np.ceil((low - CELL / 2) / CELL), 0, _ROWS).astype(np.int64)
    last = np.clip(np.ceil((high - CELL / 2) / CELL), 0, _ROWS).astype(np.int64)
    counts = np.maximum(last - first, 0)
    index = np.repeat(np.arange(len(edges)), counts)
    rows = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts) + first[index]
    y = CELL * rows + CELL / 2
    x = x1[index] + (y - y1[index]) * (x2 - x1)[index] / (y2 - y1)[index]
    columns = np.clip(np.ceil((x - CELL / 2) / CELL), 0, _COLUMNS).astype(np.int64)
    np.add.at(winding, (rows, columns), turn[index])


def stroked(lines: Iterable[Sequence[Point]], width: float = STROKE) -> Mask:
    """The points within half of `width` of a line."""
    dots = np.zeros((HEIGHT + 1, WIDTH + 1), dtype=bool)
    for line in lines:
        for a, b in pairwise(line):
            _dot(dots, a, b)
    reach = math.ceil(width / 2)
    padded = np.pad(dots, reach)
    thick = np.zeros_like(dots)
    for dy in range(-reach, reach + 1):
        for dx in range(-reach, reach + 1):
            if math.hypot(dx, dy) <= width / 2:
                thick |= padded[reach + dy : reach + dy + HEIGHT + 1, reach + dx : reach + dx + WIDTH + 1]
    return thick[CELL // 2 : HEIGHT : CELL, CELL // 2 : WIDTH : CELL]


def _dot(dots: Mask, a: Point, b: Point) -> None:
    """Mark the whole-numbered points along a line; what lies outside the template is left out."""
    clipped = _clipped(a, b)
    if clipped is None:
        return
    (x1, y1), (x2, y2) = clipped
    steps = math.ceil(2 * max(abs(x2 - x1), abs(y2 - y1), 0.5))
    t = np.linspace(0.0, 1.0, steps + 1)
    columns = np.rint(x1 + (x2 - x1) * t).astype(np.int64)
    rows = np.rint(y1 + (y2 - y1) * t).astype(np.int64)
    dots[rows, columns] = True


def _clipped(a: Point, b: Point) -> tuple[Point, Point] | None:
    """The part of a line inside the template (Liang and Barsky, ACM Transactions on Graphics 3, 1984)."""
    start, end = 0.0, 1.0
    dx, dy = b[0] - a[0], b[1] - a[1]
    for along, space in ((-dx, a[0]), (dx, WIDTH - a[0]), (-dy, a[1]), (dy, HEIGHT - a[1])):
        if along == 0:
            if space < 0:
                return None
            continue
        t = space / along
        if along < 0:
            start = max(start, t)
        else:
            end = min(end, t)
    if start > end:
        return None
    return (a[0] + start * dx, a[1] + start * dy), (a[0] + end * dx, a[1] + end * dy)


@cache
def region_masks(view: View) -> tuple[tuple[BodyRegion, Mask], ...]:
    """Each region of a view with its points; a point belongs to one region only."""
    taken = np.zeros((_ROWS, _COLUMNS), dtype=bool)
    masks = []
    for region in regions_of(view):
        mask = filled([region.polygon], "nonzero") & ~taken
        taken |= mask
        masks.append((region, mask))
    return tuple(masks)


def centroid(mask: Mask) -> Point:
    """The middle of the points of a mask, in template units."""
    rows, columns = np.nonzero(mask)
    return float(columns.mean() * CELL + CELL / 2), float(rows.mean() * CELL + CELL / 2)
