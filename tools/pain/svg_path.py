"""SVG path data (the `d` attribute) as polylines: a strict parser with limits, for paths that strangers send.

Grammar and arc arithmetic: W3C, SVG 2, chapter 9 and appendix B.2.4. fontTools' `parse_path` was not taken: it skips what
it does not know instead of refusing it, lets 1e400 through, and has no limits.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

MAX_BYTES = 64 * 1024
MAX_SEGMENTS = 5_000
MAX_COORDINATE = 1e6

Point = tuple[float, float]

_COUNTS = {"M": 2, "L": 2, "H": 1, "V": 1, "C": 6, "S": 4, "Q": 4, "T": 2, "A": 7, "Z": 0}
_SEPARATOR = re.compile(r"[\s,]*")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_FLAG = re.compile(r"[01]")
_CURVE_STEPS = 12
_ARC_STEP = math.pi / 12
_WEIGHTS = {
    degree: np.array(
        [
            [math.comb(degree, i) * (1 - t) ** (degree - i) * t**i for i in range(degree + 1)]
            for t in (step / _CURVE_STEPS for step in range(1, _CURVE_STEPS))
        ]
    )
    for degree in (2, 3)
}
"""Bernstein polynomials at the points of a flattened curve, its ends left out."""


class PathError(ValueError):
    """Path data that cannot be used; the message says where and what to change."""


@dataclass(frozen=True)
class Polyline:
    """One subpath as points; `closed` if it ends where it began."""

    points: tuple[Point, ...]
    closed: bool

    @property
    def length(self) -> float:
        """The length along the points."""
        return sum(math.dist(a, b) for a, b in pairwise(self.points))


def parse_path(data: str) -> list[Polyline]:
    """The subpaths of path data, curves and arcs flattened. Raises PathError for anything else than SVG path data."""
    if len(data.encode()) > MAX_BYTES:
        raise PathError(
            f"the path has {len(data.encode())} bytes; at most {MAX_BYTES} are read. Draw with fewer points."
        )
    if data.lstrip().startswith("<"):
        raise PathError(
            'send the path\'s data only (the value of its d attribute, such as "M 90 150 L 110 150 Z"), no SVG'
        )
    pen = _Pen()
    reader = _Reader(data)
    for segments, (command, numbers) in enumerate(reader, start=1):
        if segments > MAX_SEGMENTS:
            raise PathError(f"the path has more than {MAX_SEGMENTS} segments. Simplify it before sending.")
        pen.draw(command, numbers)
    pen.end(closed=False)
    if not pen.done:
        raise PathError("the path draws nothing: it needs a move (M x y) and at least one line or curve")
    return pen.done


class _Reader:
    """Commands with their numbers, repeated where numbers go on without a letter."""

    def __init__(self, data: str) -> None:
        self.data = data
        self.place = 0
        self.command = ""

    def __iter__(self) -> _Reader:
        return self

    def __next__(self) -> tuple[str, list[float]]:
        self._skip()
        if self.place >= len(self.data):
            raise StopIteration
        letter = self.data[self.place]
        if letter.upper() in _COUNTS:
            self.command = letter
            self.place += 1
        elif not self.command:
            raise PathError(f"path data starts with M or m, not with {letter!r}")
        elif self.command in "Zz":
            raise PathError(f"a command is expected at character {self.place + 1}, not {letter!r}")
        elif self.command in "Mm":
            self.command = "L" if self.command == "M" else "l"
        kind = self.command.upper()
        if not self.place and kind != "M":
            raise PathError("path data starts with M or m")
        numbers = [self._number(flag=kind == "A" and index in (3, 4)) for index in range(_COUNTS[kind])]
        return self.command, numbers

    def _skip(self) -> None:
        found = _SEPARATOR.match(self.data, self.place)
        self.place = found.end() if found else self.place

    def _number(self, *, flag: bool) -> float:
        self._skip()
        found = (_FLAG if flag else _NUMBER).match(self.data, self.place)
        if not found:
            here = self.data[self.place : self.place + 12] or "the end"
            wanted = "a flag (0 or 1)" if flag else "a number"
            raise PathError(f"{wanted} is expected at character {self.place + 1}, not {here!r}")
        self.place = found.end()
        value = float(found[0])
        if not math.isfinite(value) or abs(value) > MAX_COORDINATE:
            raise PathError(f"the number {found[0][:20]!r} is out of range; coordinates go to ±{MAX_COORDINATE:g}")
        return value


class _Pen:
    """Draws commands into polylines."""

    def __init__(self) -> None:
        self.done: list[Polyline] = []
        self.points: list[Point] = []
        self.at: Point = (0.0, 0.0)
        self.start: Point = (0.0, 0.0)
        self.control: Point | None = None
        self.last = ""
        self.begun = False

    def draw(self, command: str, numbers: list[float]) -> None:
        kind = command.upper()
        if not self.begun and kind != "M":
            raise PathError("path data starts with M or m")
        relative = command.islower()
        if kind == "M":
            self.end(closed=False)
            self.at = self.start = self._to(numbers, relative)
            self.begun = True
        elif kind == "Z":
            self.end(closed=True)
            self.at = self.start
        elif kind == "A":
            self._arc(numbers, relative)
        else:
            self._line_or_curve(kind, numbers, relative)
        self.last = kind
        if kind not in "CSQT":
            self.control = None

    def end(self, *, closed: bool) -> None:
        """Finish the subpath under way."""
        if len(self.points) > 1:
            points = [*self.points, self.points[0]] if closed and self.points[-1] != self.points[0] else self.points
            self.done.append(Polyline(tuple(points), closed or points[0] == points[-1]))
        self.points = []

    def _to(self, pair: list[float], relative: bool) -> Point:
        return (pair[0] + self.at[0], pair[1] + self.at[1]) if relative else (pair[0], pair[1])

    def _add(self, point: Point) -> None:
        if not self.points:
            self.points.append(self.at)
        if point != self.points[-1]:
            self.points.append(point)
        self.at = point

    def _line_or_curve(self, kind: str, numbers: list[float], relative: bool) -> None:
        if kind == "L":
            self._add(self._to(numbers, relative))
        elif kind == "H":
            self._add((numbers[0] + (self.at[0] if relative else 0.0), self.at[1]))
        elif kind == "V":
            self._add((self.at[0], numbers[0] + (self.at[1] if relative else 0.0)))
        else:
            given = [self._to(numbers[index : index + 2], relative) for index in range(0, len(numbers), 2)]
            if kind in "ST":
                given.insert(0, self._reflected("CS" if kind == "S" else "QT"))
            self.control = given[-2]
            self._bezier([self.at, *given])

    def _reflected(self, after: str) -> Point:
        if self.control is None or self.last not in after:
            return self.at
        return (2 * self.at[0] - self.control[0], 2 * self.at[1] - self.control[1])

    def _bezier(self, controls: list[Point]) -> None:
        between = _WEIGHTS[len(controls) - 1] @ np.array(controls)
        for x, y in between.tolist():
            self._add((x, y))
        self._add(controls[-1])

    def _arc(self, numbers: list[float], relative: bool) -> None:
        rx, ry, rotation, large, sweep = numbers[:5]
        end = self._to(numbers[5:], relative)
        for point in _arc_points(self.at, end, abs(rx), abs(ry), rotation, large=bool(large), sweep=bool(sweep)):
            self._add(point)


def _arc_points(
    start: Point, end: Point, rx: float, ry: float, rotation: float, *, large: bool, sweep: bool
) -> list[Point]:
    """Points of an elliptical arc after its start, by the conversion of SVG 2, appendix B.2.4."""
    if start == end:
        return []
    if rx < 1e-9 or ry < 1e-9:
        return [end]
    cos, sin = math.cos(math.radians(rotation % 360)), math.sin(math.radians(rotation % 360))
    dx, dy = (start[0] - end[0]) / 2, (start[1] - end[1]) / 2
    x1, y1 = cos * dx + sin * dy, -sin * dx + cos * dy
    stretch = math.hypot(x1 / rx, y1 / ry)
    if stretch > 1:
        rx, ry = rx * stretch, ry * stretch
    rest = (x1 / rx) ** 2 + (y1 / ry) ** 2
    factor = math.sqrt(max(0.0, 1 / rest - 1)) * (-1 if large == sweep else 1)
    cx1, cy1 = factor * rx * y1 / ry, -factor * ry * x1 / rx
    cx, cy = cos * cx1 - sin * cy1 + (start[0] + end[0]) / 2, sin * cx1 + cos * cy1 + (start[1] + end[1]) / 2
    first = math.atan2((y1 - cy1) / ry, (x1 - cx1) / rx)
    turn = math.atan2((-y1 - cy1) / ry, (-x1 - cx1) / rx) - first
    if sweep and turn < 0:
        turn += 2 * math.pi
    elif not sweep and turn > 0:
        turn -= 2 * math.pi
    steps = max(2, math.ceil(abs(turn) / _ARC_STEP))
    angles = [first + turn * step / steps for step in range(1, steps)]
    between = [
        (cx + cos * rx * math.cos(a) - sin * ry * math.sin(a), cy + sin * rx * math.cos(a) + cos * ry * math.sin(a))
        for a in angles
    ]
    return [*between, end]
