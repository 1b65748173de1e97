"""Read a run from a watch's file: GPX 1.0/1.1 or TCX. Documents with a DTD or entities are refused."""

import datetime
import hashlib
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from geographiclib.geodesic import Geodesic

from tools.running.activity import Activity, ActivitySource

MOST_BYTES = 20_000_000
MOST_POINTS = 200_000

_STILL_M_PER_S = 0.5
"""Slower than this between two points counts as standing."""
_CLIMB_STEP_M = 5.0
"""Barometers and GPS wander; only a change of this size counts as climbing (hysteresis)."""


class UnreadableActivity(ValueError):
    """A file that is no recording of a run; `str(error)` says what is wrong with it."""


@dataclass(frozen=True)
class TrackPoint:
    """Where a runner was: degrees (WGS 84), metres above sea level, and when; `None` where the file doesn't say."""

    latitude: float
    longitude: float
    elevation_m: float | None
    time: datetime.datetime | None


@dataclass(frozen=True)
class Recording:
    """What a file holds: distance in km, moving and elapsed seconds, climb in metres, and seconds per full km."""

    activity: Activity
    elapsed_s: int | None
    km_splits_s: tuple[float, ...]
    points: int


def read_activity(content: bytes, timezone: datetime.tzinfo) -> Recording:
    """Return the run of a GPX or TCX file; its date is the day of its start in `timezone`.

    Distances are WGS-84 geodesics between the points. Raises UnreadableActivity for anything else, a file with a
    DTD or entities (they can be made to grow without end) included.
    """
    if len(content) > MOST_BYTES:
        raise UnreadableActivity(f"The file is larger than {MOST_BYTES // 1_000_000} MB.")
    try:
        root = fromstring(content, forbid_dtd=True)
    except DefusedXmlException as error:
        raise UnreadableActivity("Files with a document type definition or entities are not read.") from error
    except (ParseError, ValueError) as error:
        raise UnreadableActivity(f"The file is not well-formed XML: {error}.") from error
    kind, segments = _segments(root)
    return _recording(kind, [segment for segment in segments if segment], timezone, content)


def _segments(root: Element) -> tuple[ActivitySource, list[list[TrackPoint]]]:
    name = _local(root)
    if name == "gpx":
        return "gpx", [_points(segment, "trkpt") for segment in _all(root, "trkseg")]
    if name == "TrainingCenterDatabase":
        return "tcx", [_points(track, "Trackpoint") for track in _all(root, "Track")]
    raise UnreadableActivity(f"The file is neither GPX nor TCX: it begins with <{name}>.")


def _points(parent: Element, name: str) -> list[TrackPoint]:
    found = [point for element in _all(parent, name) if (point := _point(element)) is not None]
    if len(found) > MOST_POINTS:
        raise UnreadableActivity(f"The file has more than {MOST_POINTS} points.")
    return found


def _point(element: Element) -> TrackPoint | None:
    """Return a point; None for one without a position, such as a watch writes before it has one."""
    values = {_local(child): (child.text or "").strip() for child in element.iter()}
    latitude = element.get("lat") or values.get("LatitudeDegrees")
    longitude = element.get("lon") or values.get("LongitudeDegrees")
    if not latitude or not longitude:
        return None
    elevation = values.get("ele") or values.get("AltitudeMeters")
    time = values.get("time") or values.get("Time")
    return TrackPoint(
        _number(latitude, 90), _number(longitude, 180), _number(elevation, 20_000) if elevation else None, _moment(time)
    )


def _recording(
    kind: ActivitySource, segments: Sequence[Sequence[TrackPoint]], timezone: datetime.tzinfo, content: bytes
) -> Recording:
    points = [point for segment in segments for point in segment]
    if len(points) < 2:
        raise UnreadableActivity("The file has no track of at least two points.")
    start, end = points[0].time, points[-1].time
    if start is None:
        raise UnreadableActivity("The track says where, but not when: its points have no times.")
    metres, moving = 0.0, 0.0
    ends: list[tuple[float, float]] = [(0.0, 0.0)]
    for before, after in _steps(segments):
        step = Geodesic.WGS84.Inverse(before.latitude, before.longitude, after.latitude, after.longitude)["s12"]
        seconds = (after.time - before.time).total_seconds() if before.time and after.time else 0.0
        if seconds < 0:
            raise UnreadableActivity("The times of the track run backwards.")
        metres += step
        if seconds and step / seconds >= _STILL_M_PER_S:
            moving += seconds
        ends.append((metres, moving))
    if metres < 10:
        raise UnreadableActivity("The track does not go anywhere.")
    activity = Activity(
        id=f"{kind}-{hashlib.sha256(content).hexdigest()[:16]}",
        date=start.astimezone(timezone).date(),
        km=round(metres / 1000, 3),
        seconds=round(moving) or None,
        climb_m=_climb([point.elevation_m for point in points if point.elevation_m is not None]),
        source=kind,
    )
    elapsed = round((end - start).total_seconds()) if end else None
    return Recording(activity, elapsed, _km_splits(ends), len(points))


def _steps(segments: Sequence[Sequence[TrackPoint]]) -> Iterator[tuple[TrackPoint, TrackPoint]]:
    """Pairs of neighbours; a pause between two segments is no step."""
    for segment in segments:
        yield from itertools.pairwise(segment)


def _climb(elevations: Sequence[float]) -> float | None:
    if not elevations:
        return None
    total, reference = 0.0, elevations[0]
    for elevation in elevations:
        if abs(elevation - reference) >= _CLIMB_STEP_M:
            total += max(0.0, elevation - reference)
            reference = elevation
    return round(total, 1)


def _km_splits(ends: Sequence[tuple[float, float]]) -> tuple[float, ...]:
    """Return the moving seconds of each full kilometre, interpolated between the points around its end."""
    found: list[float] = []
    clock_before = 0.0
    for (metres, seconds), (next_metres, next_seconds) in itertools.pairwise(ends):
        while next_metres >= 1000 * (len(found) + 1):
            share = (1000 * (len(found) + 1) - metres) / (next_metres - metres)
            clock = seconds + share * (next_seconds - seconds)
            found.append(round(clock - clock_before, 1))
            clock_before = clock
    return tuple(found)


def _number(text: str, most: float) -> float:
    try:
        value = float(text)
    except ValueError as error:
        raise UnreadableActivity(f"{text[:40]!r} is not a number.") from error
    if not -most <= value <= most:  # NaN fails this as well
        raise UnreadableActivity(f"{text[:40]} is out of range.")
    return value


def _moment(text: str | None) -> datetime.datetime | None:
    if not text:
        return None
    try:
        moment = datetime.datetime.fromisoformat(text)
    except ValueError as error:
        raise UnreadableActivity(f"{text[:40]!r} is not a time.") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)


def _local(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _all(root: Element, name: str) -> Iterator[Element]:
    return (element for element in root.iter() if _local(element) == name)
