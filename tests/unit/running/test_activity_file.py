import datetime
from zoneinfo import ZoneInfo

import pytest

from tools.running.activity_file import UnreadableActivity, read_activity

LONDON = ZoneInfo("Europe/London")
START = datetime.datetime(2026, 6, 7, 23, 30, tzinfo=datetime.UTC)
DEGREE_M = 111_319.490793
"""One degree of longitude on the equator of WGS 84: 2 pi 6378137 / 360."""


def track_point(metres_east: float, seconds: float, elevation: float) -> str:
    when = (START + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return f'<trkpt lat="0" lon="{metres_east / DEGREE_M:.9f}"><ele>{elevation}</ele><time>{when}</time></trkpt>'


def gpx(*segments: list[str]) -> bytes:
    tracks = "".join(f"<trkseg>{''.join(points)}</trkseg>" for points in segments)
    return f'<gpx xmlns="http://www.topografix.com/GPX/1/1"><trk>{tracks}</trk></gpx>'.encode()


STEADY = [track_point(100 * step, 30 * step, 10) for step in range(26)]


def test_distance_and_time_are_those_of_the_track() -> None:
    found = read_activity(gpx(STEADY), LONDON)
    assert found.activity.km == pytest.approx(2.5, abs=0.001)
    assert (found.activity.seconds, found.elapsed_s, found.points) == (750, 750, 26)
    assert found.km_splits_s == pytest.approx((300, 300), abs=0.2)
    assert found.activity.source == "gpx"


def test_the_day_is_the_runners_not_greenwichs() -> None:
    assert read_activity(gpx(STEADY), LONDON).activity.date == datetime.date(2026, 6, 8)
    assert read_activity(gpx(STEADY), datetime.UTC).activity.date == datetime.date(2026, 6, 7)


def test_standing_still_is_no_moving_time() -> None:
    waiting = [*STEADY[:11], *(track_point(1000, 300 + 10 * wait, 10) for wait in range(1, 13))]
    onward = [track_point(1000 + 100 * step, 420 + 30 * step, 10) for step in range(1, 6)]
    found = read_activity(gpx([*waiting, *onward]), LONDON)
    assert (found.activity.seconds, found.elapsed_s) == (450, 570)


def test_a_pause_between_two_segments_is_neither_run_nor_timed() -> None:
    later = [track_point(5000 + 100 * step, 3600 + 30 * step, 10) for step in range(6)]
    found = read_activity(gpx(STEADY[:11], later), LONDON)
    assert found.activity.km == pytest.approx(1.5, abs=0.001)
    assert found.activity.seconds == 450


def test_small_wobbles_in_height_are_no_climb() -> None:
    heights = [100, 103, 99, 102, 100, 110, 108, 120, 90, 97]
    points = [track_point(100 * step, 30 * step, height) for step, height in enumerate(heights)]
    # From 100 to 110, on to 120, and from 90 to 97; what is below five metres is noise.
    assert read_activity(gpx(points), LONDON).activity.climb_m == pytest.approx(10 + 10 + 7)


def test_tcx_reads_like_gpx_and_points_before_the_first_fix_are_left_out() -> None:
    body = "<Trackpoint><Time>2026-06-07T10:00:00Z</Time></Trackpoint>"
    for step in range(11):
        when = f"2026-06-07T10:{step:02d}:00Z"
        position = f"<LatitudeDegrees>0</LatitudeDegrees><LongitudeDegrees>{200 * step / DEGREE_M}</LongitudeDegrees>"
        body += f"<Trackpoint><Time>{when}</Time><Position>{position}</Position></Trackpoint>"
    lap = f"<Activity><Lap><Track>{body}</Track></Lap></Activity>"
    tcx = f"<TrainingCenterDatabase xmlns='urn:x'><Activities>{lap}</Activities></TrainingCenterDatabase>"
    found = read_activity(tcx.encode(), LONDON)
    assert (found.activity.km, found.activity.seconds, found.points) == (pytest.approx(2.0, abs=0.001), 600, 11)
    assert (found.activity.source, found.activity.climb_m) == ("tcx", None)


def test_the_same_file_is_the_same_run() -> None:
    first, again = read_activity(gpx(STEADY), LONDON), read_activity(gpx(STEADY), LONDON)
    assert first.activity == again.activity


BOMB = b"""<?xml version="1.0"?><!DOCTYPE gpx [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><gpx><trk><name>&c;</name></trk></gpx>"""


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (BOMB, "document type definition"),
        (b'<!DOCTYPE gpx SYSTEM "file:///etc/passwd"><gpx/>', "document type definition"),
        (b"<gpx><trk>", "not well-formed"),
        (b"\xff\xfe\x00", "not well-formed"),
        (b"", "not well-formed"),
        (b"<html/>", "neither GPX nor TCX"),
        (b"<gpx/>", "at least two points"),
        (gpx([track_point(0, 0, 1), track_point(0, 30, 1)]), "does not go anywhere"),
        (gpx(STEADY).replace(b'lat="0"', b'lat="nan"'), "out of range"),
        (gpx(STEADY).replace(b'lat="0"', b'lat="north"'), "not a number"),
        (gpx(list(reversed(STEADY))), "backwards"),
        (gpx([point[: point.index("<time>")] + "</trkpt>" for point in STEADY]), "not when"),
    ],
)
def test_what_is_no_recording_is_refused_with_a_reason(content: bytes, said: str) -> None:
    with pytest.raises(UnreadableActivity, match=said):
        read_activity(content, LONDON)
