import datetime
from typing import Any

import pytest

from tests.unit.process.plans import MONDAY, edited, release
from tools.process.agenda import agenda, standup
from tools.process.critical_path import CircularSteps, schedule
from tools.process.describe import plan_lines, schedule_text
from tools.process.new_events import event_from_process, reminder
from tools.process.reports import report
from tools.process.rules import check
from tools.process.status_edits import set_status
from tools.process.template_changes import differences, offers
from tools.process.view import read_plan

PLAN = release()


def moved(document: dict[str, Any], item_id: str, status: str, now: datetime.datetime) -> dict[str, Any]:
    return edited(document, set_status(read_plan(document), item_id, status, now=now, by="Ann"))


def test_the_critical_path_is_the_longest_chain_and_the_rest_has_slack() -> None:
    plan = read_plan(PLAN)
    timing = schedule(plan.steps_of["e1"])
    assert timing.days == 1 + 1 + 2 + 0.5 + 0.5 + 0.5
    assert timing.critical == ("e1-scope", "e1-freeze", "e1-test", "e1-go", "e1-ship", "e1-review")
    assert timing.timings["e1-notes"].slack == 1
    assert "Write the release notes 1" in schedule_text("Release", timing, plan)


def test_steps_that_wait_for_each_other_are_named() -> None:
    circle = edited(PLAN, [{"op": "update_item", "id": "e1-scope", "set": {"depends_on": ["e1-go"]}}])
    with pytest.raises(CircularSteps, match="e1-") as caught:
        schedule(read_plan(circle).steps_of["e1"])
    assert set(caught.value.ids) <= {"e1-scope", "e1-freeze", "e1-test", "e1-notes", "e1-go"}


def test_an_agenda_has_what_is_due_what_is_late_and_reminders() -> None:
    plan = edited(
        PLAN,
        [reminder("Stand-up", MONDAY.replace(hour=10), rule="FREQ=WEEKLY;BYDAY=MO,TH", now=MONDAY).op],
    )
    at = datetime.datetime(2026, 12, 14, 8, tzinfo=datetime.UTC)
    found = agenda(read_plan(plan), at, days=5)
    assert [event.id for event in found.events] == ["e1"]
    assert [step.id for step in found.due] == ["e1-test", "e1-notes", "e1-go", "e1-ship"]
    assert [step.id for step in found.late] == ["e1-scope", "e1-freeze"]
    assert [(f"{moment:%a %H:%M}", text) for moment, text in found.reminders] == [
        ("Mon 10:00", "Stand-up"),
        ("Thu 10:00", "Stand-up"),
    ]
    assert [step.id for step in agenda(read_plan(plan), at, days=5, person="Ben").due] == ["e1-test"]


def test_a_standup_says_who_is_on_what() -> None:
    plan = moved(PLAN, "e1-scope", "in_progress", MONDAY)
    ann = standup(read_plan(plan))[0]
    assert (ann.person, [step.id for step in ann.working], [step.id for step in ann.next_due]) == (
        "Ann",
        ["e1-scope"],
        ["e1-freeze", "e1-go", "e1-ship"],
    )


def test_a_report_counts_by_the_log() -> None:
    started = datetime.datetime(2026, 11, 24, 9, tzinfo=datetime.UTC)
    finished = datetime.datetime(2026, 11, 30, 9, tzinfo=datetime.UTC)
    plan = moved(moved(PLAN, "e1-scope", "in_progress", started), "e1-scope", "done", finished)
    found = report(
        read_plan(plan), datetime.date(2026, 11, 16), datetime.date(2026, 12, 14), datetime.date(2026, 12, 14)
    )
    assert (found.steps, found.done, found.completion, found.lead_days) == (2, 1, 0.5, 6.0)
    assert (found.late, found.late_days) == (2, 3.0)  # both by three days: one when done, one still open
    assert found.csv().splitlines()[1] == "Ann,2,1,2,2"
    assert "| Ann | 2 | 1 | 2 | 2 |" in found.markdown()


def test_a_name_that_looks_like_a_formula_is_no_formula_in_the_csv() -> None:
    plan = read_plan(release(owners={"lead": "=HYPERLINK(1)"}))
    found = report(plan, datetime.date(2026, 11, 16), datetime.date(2026, 12, 31), MONDAY.date())
    assert "'=HYPERLINK(1)" in found.csv()


def test_one_more_event_of_a_process_has_its_steps_and_breaks_no_rule() -> None:
    ops = event_from_process(read_plan(PLAN), "software-release", datetime.date(2027, 1, 29), owners={"tester": "Dee"})
    after = edited(PLAN, ops)
    assert after["items"]["e2-go"]["data"]["depends_on"] == ["e2-test", "e2-notes"]
    assert after["items"]["e2-test"]["data"]["owner"] == "Dee"
    assert {item["title"] for item in after["items"].values() if item["parent"] == "e2-ship"} == {
        "Tag and publish",
        "Watch the dashboards for an hour",
    }
    assert [issue for issue in check(after, base=PLAN, now=MONDAY) if issue.severity == "error"] == []


def test_what_a_template_changed_is_offered_and_what_people_changed_is_left() -> None:
    changed = edited(
        PLAN,
        [
            {"op": "update_item", "id": "software-release-test", "set": {"offset": "T-4bd"}},
            {"op": "update_item", "id": "software-release-notes", "set": {"offset": "T-4bd"}},
            {"op": "update_item", "id": "e1-notes", "set": {"due": "2026-12-17"}},
            {"op": "remove_item", "id": "e1-review", "reason": "no time"},
            {"op": "add_item", "id": "software-release-thanks", "kind": "step", "parent": "software-release",
             "title": "Say thank you", "data": {"offset": "T+1bd"}},
        ],
    )  # fmt: skip
    (offer,) = offers(read_plan(changed))
    assert offer.changes == ("Test the candidate is due on 2026-12-14", "adds Say thank you")
    assert offer.conflicts == ("Write the release notes: offset is T-1bd here, T-4bd now",)
    after = edited(changed, offer.ops)
    assert after["items"]["e1-test"]["data"]["due"] == "2026-12-14"
    assert after["items"]["e1-notes"]["data"]["due"] == "2026-12-17"
    assert "e1-review" not in after["items"]
    assert [o.changes for o in offers(read_plan(after))] == []
    assert [i for i in check(after, base=changed, now=MONDAY) if i.severity == "error"] == []


def test_an_event_is_compared_with_its_template() -> None:
    assert differences(read_plan(PLAN), "e1") == []
    changed = edited(PLAN, [{"op": "update_item", "id": "e1-test", "set": {"due": "2026-12-16", "days": 3}}])
    assert differences(read_plan(changed), "e1") == [
        "Test the candidate: offset T-3bd → T-2bd",
        "Test the candidate: days 2 → 3",
    ]


def test_a_plan_reads_as_a_list_without_its_log() -> None:
    lines = plan_lines(moved(PLAN, "e1-scope", "in_progress", MONDAY))
    assert lines[0] == "Software release (e1): Fri 18 Dec, scheduled"
    assert lines[1] == "  - [~] Agree on the scope (e1-scope), due Fri 27 Nov, Ann"
    assert not any("In progress" in line for line in lines)
    with pytest.raises(LookupError, match="has 1"):
        plan_lines(PLAN, 2)
