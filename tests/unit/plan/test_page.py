"""A plan as a Markdown page."""

from agent.plan.document import PlanDocument
from agent.plan.page import as_markdown
from tests.unit.plan.documents import half_marathon
from tests.unit.plan.test_merge import changed


def test_each_week_is_a_table_in_the_order_of_its_days() -> None:
    week = as_markdown(half_marathon()).split("## ")[1].splitlines()
    assert week[0] == "Week 1 (Mon 6 Apr, base)"
    assert week[2:4] == ["| Day | What | Details |", "|---|---|---|"]
    assert [line.split(" | ")[0] for line in week[4:7]] == ["| Tue 7 Apr", "| Thu 9 Apr", "| Sun 12 Apr"]
    assert week[6].startswith("| Sun 12 Apr | Long run | 14 km, long")


def test_numbers_that_are_no_headline_say_what_they_are() -> None:
    page = as_markdown(changed(w1_tempo={"data": {"quality_km": 3, "repeats": 4}}))
    assert "quality 3 km" in page
    assert "repeats 4" in page


def test_items_that_stand_alone_come_last_and_pipes_do_not_break_the_table() -> None:
    page = as_markdown(changed(race={"title": "Run | fun", "data": {"date": "2026-04-26"}}))
    assert page.endswith("## Also\n\n| Day | What | Details |\n|---|---|---|\n| Sun 26 Apr | Run \\| fun |  |\n")


def test_an_empty_plan_is_its_title() -> None:
    assert as_markdown(PlanDocument.empty("travel")) == "# travel plan\n"
