from typing import Any

import pytest
from rich.text import Text

from server.chat.plan_events import read_plan_event
from server.chat.render import model_label, render, shorten
from server.chat.run_events import Interrupted, ModelNamed, RunFailed, Token, ToolAnswered, ToolCalled


def shown(payload: dict[str, Any]) -> Text:
    event = read_plan_event(payload)
    assert event is not None
    block = render(event)
    assert block is not None
    return block


def style_of(block: Text, words: str) -> str:
    start = block.plain.index(words)
    return " ".join(str(span.style) for span in block.spans if span.start <= start < span.end)


def test_a_diff_marks_what_came_went_and_changed_in_colours() -> None:
    block = shown(
        {
            "type": "plan.diff",
            "summary": "Moved Tempo from Tue 21 Apr to Wed 22 Apr; Long run 14 → 16 km",
            "changes": [
                {"id": "w3-tempo", "kind": "moved", "text": "Tempo: Tue 21 Apr → Wed 22 Apr"},
                {"id": "w3-long", "kind": "changed", "text": "Long run: 14 → 16 km"},
                {"id": "w3-easy2", "kind": "removed", "text": "Easy run"},
                {"id": "w3-gym", "kind": "added", "text": "Strength"},
            ],
        }
    )
    assert block.plain.splitlines() == [
        "plan diff: Moved Tempo from Tue 21 Apr to Wed 22 Apr; Long run 14 → 16 km",
        "  ~ w3-tempo  Tempo: Tue 21 Apr → Wed 22 Apr",
        "  ~ w3-long  Long run: 14 → 16 km",
        "  - w3-easy2  Easy run",
        "  + w3-gym  Strength",
    ]
    styles = [style_of(block, line) for line in block.plain.splitlines()[1:]]
    assert styles == ["cyan", "yellow", "red", "green"]


def test_a_change_of_the_plan_itself_has_no_item() -> None:
    change = {"id": None, "kind": "changed", "text": "Plan goal: 1:50 → 1:45"}
    assert shown({"type": "plan.diff", "changes": [change]}).plain.splitlines()[1] == "  ~ plan  Plan goal: 1:50 → 1:45"


def test_a_diff_of_a_whole_plan_is_cut_short() -> None:
    changes = [{"id": f"i{number}", "kind": "added", "text": "Run"} for number in range(40)]
    lines = shown({"type": "plan.diff", "summary": "Added 40 items", "changes": changes}).plain.splitlines()
    assert len(lines) == 14
    assert lines[-1] == "  … and 28 more changes"


def test_a_draft_shows_its_lines_and_what_was_assumed() -> None:
    payload = {
        "type": "plan.draft",
        "title": "8-week half marathon plan",
        "summary": "8 weeks, 31 runs",
        "assumptions": ["easy pace from your longest run"],
        "text": {"plain": "Week 1 (base): 26 km\nWeek 2 (base): 28 km"},
    }
    assert shown(payload).plain.splitlines() == [
        "plan draft: 8-week half marathon plan: 8 weeks, 31 runs",
        "  Week 1 (base): 26 km",
        "  Week 2 (base): 28 km",
        "  assumed: easy pace from your longest run",
    ]


def test_a_conflict_names_both_sides_and_whose_stands() -> None:
    conflict = {"kind": "field", "id": "w3-long", "path": ["data", "km"], "ours": 16, "theirs": 15, "kept": "theirs"}
    lines = shown({"type": "plan.conflict", "head": 3, "conflicts": [conflict]}).plain.splitlines()
    assert lines[1] == "  ! w3-long km: 16 here, 15 there; kept theirs"


def test_failed_lookups_and_saved_facts_are_one_line() -> None:
    assert (
        shown({"type": "retrieval.failed", "reason": "no database"}).plain == "nothing could be looked up: no database"
    )
    missing = [{"name": "weather", "reason": "weather did not answer within 10 seconds"}, {"name": "files"}]
    unavailable = shown({"type": "tools.unavailable", "servers": missing})
    assert unavailable.plain == "tools are missing: weather did not answer within 10 seconds; files"
    assert shown({"type": "memory.saved", "key": "days", "text": "runs 4 days"}).plain == "remembered: runs 4 days"
    assert shown({"type": "memory.forgotten", "key": "days", "text": "runs 4 days"}).plain == "forgotten: runs 4 days"
    assert "no key" in shown({"type": "memory.failed", "reason": "no key"}).plain
    assert shown({"type": "summary", "text": "…", "removed": 4}).plain == "summarised 4 earlier messages"


def test_red_flags_show_where_help_is_and_whether_edits_are_held() -> None:
    resources = [{"label": "Emergency number", "contact": "999"}]
    escalated = {"type": "safety.escalated", "code": "x", "level": "emergency", "text": "Call.", "resources": resources}
    assert shown(escalated).plain == "safety (emergency): Emergency number 999"
    assert "held" in shown({"type": "safety.checked", "code": "numb", "outcome": "held"}).plain


def test_hits_show_their_score_title_and_source() -> None:
    hit = {
        "source": "Daniels",
        "title": "Tempo runs",
        "text": "Comfortably\nhard. " * 20,
        "score": 0.8123,
        "kind": "article",
    }
    lines = shown({"type": "retrieval.hits", "hits": [hit]}).plain.splitlines()
    assert lines[0] == "found 1 passage"
    assert lines[1].startswith("  0.81 Tempo runs (Daniels): Comfortably hard. Comfortably")
    assert lines[1].endswith("…")


def test_finding_nothing_shows_nothing() -> None:
    event = read_plan_event({"type": "retrieval.hits", "hits": []})
    assert event is not None
    assert render(event) is None


def test_issues_show_their_severity_and_items() -> None:
    issue = {"code": "week_jump", "severity": "warning", "message": "week 3 is 22 % above", "ids": ["w3"]}
    block = shown({"type": "plan.issues", "issues": [issue]})
    assert block.plain.splitlines() == ["plan checked: 1 issue", "  warning: week 3 is 22 % above (w3)"]
    assert style_of(block, "  warning") == "yellow"
    assert shown({"type": "plan.issues", "issues": []}).plain == "plan checked: no issues"


def test_a_saved_version_shows_its_number_and_kind() -> None:
    assert shown({"type": "plan.version", "version": 3, "kind": "undo"}).plain == "plan saved as version 3 (undo)"


def test_an_event_of_another_agent_is_shown_in_one_line() -> None:
    assert shown({"type": "progress", "percent": 40}).plain == '· progress {"percent": 40}'


def test_tool_calls_show_name_and_arguments() -> None:
    block = render(ToolCalled("training_paces", {"vdot": 45, "unit": "km"}))
    assert block is not None
    assert block.plain == '→ training_paces(vdot=45, unit="km")'


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('{"result_type": "paces", "data": {}, "text": "Easy 5:20 to 5:50/km"}', "← paces: Easy 5:20 to 5:50/km"),
        ("plain words", "← paces: plain words"),
        ('["a list"]', '← paces: ["a list"]'),
    ],
)
def test_tool_answers_show_the_text_meant_for_reading(content: str, expected: str) -> None:
    block = render(ToolAnswered("paces", content, failed=False))
    assert block is not None
    assert block.plain == expected


def test_a_failed_tool_is_red() -> None:
    block = render(ToolAnswered("edit_plan", "unknown id w33", failed=True))
    assert block is not None
    assert block.style == "red"


def test_the_demo_model_is_called_what_it_is() -> None:
    assert "NOT a language model" in model_label(ModelNamed("offline-rules-1", True)).plain
    assert model_label(ModelNamed("gpt-4o-mini", False)).plain == "model: gpt-4o-mini"


def test_a_failed_run_names_its_error() -> None:
    block = render(RunFailed("ValueError", "no such plan"))
    assert block is not None
    assert block.plain == "The run failed: ValueError: no such plan"


def test_tokens_and_interrupts_are_no_blocks() -> None:
    assert render(Token("a", "1")) is None
    assert render(Interrupted("1", {})) is None


def test_text_with_square_brackets_is_shown_as_it_is() -> None:
    assert shown({"type": "plan.diff", "summary": "[red]not markup[/red]"}).plain == "plan diff: [red]not markup[/red]"


def test_shortening_keeps_to_the_width() -> None:
    assert shorten("a  b\nc", 10) == "a b c"
    assert shorten("word " * 10, 12) == "word word w…"
