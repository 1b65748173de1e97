"""A plan as an iCalendar file."""

from datetime import UTC, datetime
from uuid import UUID

from agent.plan.calendar import as_calendar
from agent.plan.document import PlanDocument
from agent.plan.records import PlanVersion
from tests.unit.plan.test_merge import changed


def calendar(document: PlanDocument) -> str:
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
    return as_calendar(version)


def event(text: str, item: str) -> list[str]:
    """The lines of one event, unfolded."""
    lines = text.replace("\r\n ", "").split("\r\n")
    start = lines.index(f"UID:{item}@{UUID(int=1)}")
    return lines[start : lines.index("END:VEVENT", start)]


def trip(**data: str) -> PlanDocument:
    item = {"kind": "stop", "parent": None, "rank": "a0", "title": "Museum", "data": data}
    return PlanDocument.from_json({"schema": 1, "domain": "travel", "meta": {}, "items": {"d1": item}})


def test_each_dated_item_is_an_event_of_a_whole_day_and_weeks_are_none() -> None:
    text = calendar(changed())
    assert text.count("BEGIN:VEVENT") == 9
    run = event(text, "w1-long")
    assert run[:5] == [
        f"UID:w1-long@{UUID(int=1)}",
        "DTSTAMP:20260401T090000Z",
        "SEQUENCE:3",
        "DTSTART;VALUE=DATE:20260412",
        "DTEND;VALUE=DATE:20260413",
    ]
    assert run[5] == "SUMMARY:Long run"
    assert run[6].startswith("DESCRIPTION:14 km\\, long")


def test_times_are_given_in_utc_and_times_without_a_zone_stay_so() -> None:
    zoned = event(calendar(trip(start="2026-04-06T09:30:00+02:00", end="2026-04-06T11:00:00+02:00")), "d1")
    assert zoned[3:5] == ["DTSTART:20260406T073000Z", "DTEND:20260406T090000Z"]
    assert event(calendar(trip(date="2026-04-06T09:30:00")), "d1")[3] == "DTSTART:20260406T093000"


def test_a_span_of_days_ends_on_the_day_after_its_last() -> None:
    days = event(calendar(trip(start="2026-04-06", end="2026-04-08")), "d1")
    assert days[3:5] == ["DTSTART;VALUE=DATE:20260406", "DTEND;VALUE=DATE:20260409"]


def test_what_only_begins_like_a_time_is_its_day() -> None:
    day = event(calendar(trip(date="2026-04-06 at noon", start="soon")), "d1")
    assert day[3:5] == ["DTSTART;VALUE=DATE:20260406", "DTEND;VALUE=DATE:20260407"]


def test_no_line_is_longer_than_75_octets_and_text_is_escaped() -> None:
    text = calendar(changed(w1_long={"title": "Überlange; Läufe, " * 12}))
    assert text.endswith("END:VCALENDAR\r\n")
    assert max(len(line.encode()) for line in text.split("\r\n")) <= 75
    assert event(text, "w1-long")[5].startswith("SUMMARY:Überlange\\; Läufe\\, Überlange")
