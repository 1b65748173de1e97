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
    segments = [(*a, *b) for line in lines for a, b in pairwise(line)]
    for first in range(0, len(segments), _CHUNK // 10):
        _dot(dots, np.array(segments[first : first + _CHUNK // 10], dtype=np.float64))
    reach = math.ceil(width / 2)
    padded = np.pad(dots, reach)
    thick = np.zeros_like(dots)
    for dy in range(-reach, reach + 1):
        for dx in range(-reach, reach + 1):
            if math.hypot(dx, dy) <= width / 2:
                thick |= padded[reach + dy : reach + dy + HEIGHT + 1, reach + dx : reach + dx + WIDTH + 1]
    return thick[CELL // 2 : HEIGHT : CELL, CELL // 2 : WIDTH : CELL]


def _dot(dots: Mask, segments: npt.NDArray[np.float64]) -> None:
    """Mark the whole-numbered points along segments (x1, y1, x2, y2); what lies outside the template is left out."""
    x1, y1, x2, y2 = _clipped(segments).T
    counts = np.ceil(np.maximum(np.abs(x2 - x1), np.abs(y2 - y1))).astype(np.int64) + 1
    index = np.repeat(np.arange(len(counts)), counts)
    place = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    t = place / np.maximum(counts[index] - 1, 1)
    columns = np.rint(x1[index] + (x2 - x1)[index] * t).astype(np.int64)
    rows = np.rint(y1[index] + (y2 - y1)[index] * t).astype(np.int64)
    dots[rows, columns] = True


def _clipped(segments: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The parts of segments inside the template (Liang and Barsky, ACM Transactions on Graphics 3, 1984)."""
    x1, y1, x2, y2 = segments.T
    dx, dy = x2 - x1, y2 - y1
    start, end = np.zeros(len(segments)), np.ones(len(segments))
    inside = np.ones(len(segments), dtype=bool)
    for along, space in ((-dx, x1), (dx, WIDTH - x1), (-dy, y1), (dy, HEIGHT - y1)):
        inside &= (along != 0) | (space >= 0)
        t = np.divide(space, along, out=np.zeros_like(space), where=along != 0)
        start = np.where(along < 0, np.maximum(start, t), start)
        end = np.where(along > 0, np.minimum(end, t), end)
    kept = inside & (start <= end)
    x1, y1, dx, dy, start, end = (values[kept] for values in (x1, y1, dx, dy, start, end))
    ends = np.stack([x1 + start * dx, y1 + start * dy, x1 + end * dx, y1 + end * dy], axis=1)
    # The last bit of a division may lie outside by a hair.
    clipped: npt.NDArray[np.float64] = np.clip(ends, 0, [WIDTH, HEIGHT, WIDTH, HEIGHT])
    return clipped


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
