"""A plan as an iCalendar file."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

from icalendar import Calendar

from agent.plan.calendar import as_calendar
from agent.plan.document import Item, PlanDocument
from agent.plan.records import PlanVersion
from tests.unit.plan.test_merge import changed


def calendar(document: PlanDocument, removed: Mapping[str, Item] | None = None) -> str:
    version = PlanVersion(
        plan_id=UUID(int=1),
        version=3,
        is_current=True,
        parent=2,
        merged_from=None,
        undoes=None,
        kind="edit",
        hash="",
        summary="",
        rationale="",
        issues=(),
        author_kind="person",
        author_id=None,
        proposal_id=UUID(int=2),
        run_id=None,
        checkpoint_id=None,
        created_at=datetime(2026, 4, 1, 9, tzinfo=UTC),
        document=document,
        ops=None,
        patch=None,
        inverse=None,
    )
    return as_calendar(version, removed or {})


def event(text: str, item: str) -> dict[str, str]:
    """The lines of one event, unfolded, by name."""
    events = text.replace("\r\n ", "").split("BEGIN:VEVENT\r\n")[1:]
    told = next(one for one in events if f"UID:{item}@{UUID(int=1)}\r\n" in one)
    lines = told[: told.index("END:VEVENT")].splitlines()
    return {line.partition(":")[0]: line.partition(":")[2] for line in lines}


def trip(plan_zone: str | None = None, /, **data: str) -> PlanDocument:
    item = {"kind": "stop", "parent": None, "rank": "a0", "title": "Museum", "data": data}
    meta = {"tz": plan_zone} if plan_zone else {}
    return PlanDocument.from_json({"schema": 1, "domain": "travel", "meta": meta, "items": {"d1": item}})


def test_each_dated_item_is_an_event_of_a_whole_day_and_weeks_are_none() -> None:
    text = calendar(changed())
    assert text.count("BEGIN:VEVENT") == 9
    run = event(text, "w1-long")
    assert run["DTSTAMP"] == "20260401T090000Z"
    assert run["SEQUENCE"] == "3"
    assert run["DTSTART;VALUE=DATE"] == "20260412"
    assert run["DTEND;VALUE=DATE"] == "20260413"
    assert run["SUMMARY"] == "Long run"
    assert run["DESCRIPTION"].startswith("14 km\\, long")


def test_without_a_zone_times_are_given_in_utc_and_those_without_offset_stay_so() -> None:
    zoned = event(calendar(trip(start="2026-04-06T09:30:00+02:00", end="2026-04-06T11:00:00+02:00")), "d1")
    assert (zoned["DTSTART"], zoned["DTEND"]) == ("20260406T073000Z", "20260406T090000Z")
    assert event(calendar(trip(date="2026-04-06T09:30:00")), "d1")["DTSTART"] == "20260406T093000"


def test_times_are_on_the_clocks_of_their_places_whose_rules_are_in_the_file() -> None:
    flight = {"start": "2026-04-01T10:00:00+01:00", "end": "2026-04-01T13:00:00-04:00"}
    text = calendar(trip("Asia/Tokyo", **flight, tz="Europe/London", end_tz="America/New_York"))
    assert event(text, "d1")["DTSTART;TZID=Europe/London"] == "20260401T100000"
    assert event(text, "d1")["DTEND;TZID=America/New_York"] == "20260401T130000"
    assert "DESCRIPTION" not in event(text, "d1"), "what the event's own properties say is not said again"
    read = Calendar.from_ical(text)
    assert {str(one["TZID"]) for one in read.walk("VTIMEZONE")} == {"Europe/London", "America/New_York"}
    back = next(iter(read.walk("VEVENT")))
    assert back["DTEND"].dt - back["DTSTART"].dt.astimezone(UTC) == timedelta(hours=8)
    assert "DTSTART;TZID=Asia/Tokyo" in event(
        calendar(trip("Asia/Tokyo", start=flight["start"], end=flight["end"])), "d1"
    )


def test_what_was_removed_is_cancelled_under_its_old_uid() -> None:
    kept = trip(date="2026-04-06")
    gone = kept.items["d1"].copy_with(title="Old museum")
    text = calendar(kept, {"d2": gone, "d1": gone})
    assert event(text, "d2")["STATUS"] == "CANCELLED"
    assert event(text, "d2")["SUMMARY"] == "Old museum"
    assert event(text, "d2")["SEQUENCE"] == "3"
    assert "STATUS" not in event(text, "d1")


def test_a_span_of_days_ends_on_the_day_after_its_last() -> None:
    days = event(calendar(trip(start="2026-04-06", end="2026-04-08")), "d1")
    assert (days["DTSTART;VALUE=DATE"], days["DTEND;VALUE=DATE"]) == ("20260406", "20260409")


def test_what_only_begins_like_a_time_is_its_day_and_an_unknown_zone_is_none() -> None:
    day = event(calendar(trip(date="2026-04-06 at noon", start="soon", tz="Mars/Olympus")), "d1")
    assert (day["DTSTART;VALUE=DATE"], day["DTEND;VALUE=DATE"]) == ("20260406", "20260407")


def test_no_line_is_longer_than_75_octets_and_text_is_escaped() -> None:
    text = calendar(changed(w1_long={"title": "Überlange; Läufe, \x07" * 12}))
    assert text.endswith("END:VCALENDAR\r\n")
    assert max(len(line.encode()) for line in text.split("\r\n")) <= 75
    assert event(text, "w1-long")["SUMMARY"].startswith("Überlange\\; Läufe\\, Überlange")
