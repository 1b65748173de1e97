from typing import Any

from tools.issues import Issue, by_severity, introduced


def issue(**changes: Any) -> Issue:
    fields: dict[str, Any] = {
        "code": "c",
        "severity": "warning",
        "ids": ("a",),
        "message": "m",
        "value": 12.0,
        "limit": 10.0,
        "source": "s",
    }
    return Issue(**{**fields, **changes})


def test_an_unchanged_issue_is_not_introduced() -> None:
    assert introduced([issue()], [issue(message="said differently")]) == []


def test_an_issue_of_another_item_or_rule_is_introduced() -> None:
    new = [issue(ids=("b",)), issue(code="d")]
    assert introduced([issue()], [issue(), *new]) == new


def test_a_more_severe_issue_is_introduced_and_a_milder_one_is_not() -> None:
    assert introduced([issue()], [issue(severity="error")]) == [issue(severity="error")]
    assert introduced([issue()], [issue(severity="info", value=99.0)]) == []


def test_an_issue_farther_beyond_its_limit_is_introduced() -> None:
    assert introduced([issue()], [issue(value=13.0)]) == [issue(value=13.0)]
    assert introduced([issue()], [issue(value=11.0)]) == []


def test_removing_issues_introduces_nothing() -> None:
    assert introduced([issue(), issue(ids=("b",))], []) == []


def test_errors_come_first() -> None:
    found = by_severity([issue(severity="info"), issue(severity="error"), issue()])
    assert [each.severity for each in found] == ["error", "warning", "info"]


def test_an_issue_about_fewer_of_the_same_items_is_not_introduced() -> None:
    wide, narrow = issue(ids=("a", "b", "c")), issue(ids=("b", "c"))
    assert introduced([wide], [narrow]) == []
    assert introduced([narrow], [wide]) == [wide]
