import pytest

from server.chat.decisions import ActionRequest, UnclearAnswer, read_decision, read_review_request, read_side
from server.chat.plan_events import Change

ALL = ("approve", "edit", "reject", "respond")
ACTION = ActionRequest(name="edit_plan", args={"ops": []})
CHANGES = tuple(Change(change_id=name) for name in ("/a", "/b", "/c", "/d"))


@pytest.mark.parametrize("answer", ["a", "approve", "y", "Yes", "yes.", " ok "])
def test_a_plain_yes_approves(answer: str) -> None:
    assert read_decision(answer, ACTION, ALL).to_json(ACTION) == {"type": "approve"}


@pytest.mark.parametrize("answer", ["yes, but on Thursday", "approve the other one", "sure", "make it Thursday"])
def test_approval_is_never_guessed(answer: str) -> None:
    assert read_decision(answer, ACTION, ALL).to_json(ACTION) == {"type": "respond", "message": answer}
    with pytest.raises(UnclearAnswer, match="Please answer"):
        read_decision(answer, ACTION, ("approve", "reject"))


@pytest.mark.parametrize(
    ("answer", "choice"),
    [
        ("a 1 3", {"accept": ["/a", "/c"]}),
        ("yes 2, 2 and 4", {"accept": ["/b", "/d"]}),
        ("approve 2-4", {"accept": ["/b", "/c", "/d"]}),
        ("a not 2", {"reject": ["/b"]}),
        ("ok all but 1-3", {"reject": ["/a", "/b", "/c"]}),
    ],
)
def test_an_approval_may_name_changes_by_number(answer: str, choice: dict[str, list[str]]) -> None:
    assert read_decision(answer, ACTION, ALL, CHANGES).to_json(ACTION) == {"type": "approve", **choice}


@pytest.mark.parametrize("answer", ["a 0", "a 5", "a not 9"])
def test_a_number_that_no_change_has_is_asked_again(answer: str) -> None:
    with pytest.raises(UnclearAnswer, match="changes 1 to 4"):
        read_decision(answer, ACTION, ALL, CHANGES)
    with pytest.raises(UnclearAnswer):
        read_decision(answer, ACTION, ALL)


def test_a_side_is_named_by_its_word_or_first_letter() -> None:
    assert [read_side(answer) for answer in ("o", " Ours", "t", "theirs")] == ["ours", "ours", "theirs", "theirs"]
    with pytest.raises(UnclearAnswer, match="Please answer"):
        read_side("mine")


def test_a_rejection_may_say_why() -> None:
    assert read_decision("n", ACTION, ALL).to_json(ACTION) == {"type": "reject"}
    assert read_decision("reject too far", ACTION, ALL).to_json(ACTION) == {"type": "reject", "message": "too far"}


def test_an_edit_carries_the_new_arguments_of_the_same_action() -> None:
    assert read_decision('e {"km": 14}', ACTION, ALL).to_json(ACTION) == {
        "type": "edit",
        "edited_action": {"name": "edit_plan", "args": {"km": 14}},
    }


def test_an_edit_without_arguments_is_told_the_present_ones() -> None:
    with pytest.raises(UnclearAnswer, match=r'edit \{"ops": \[\]\}'):
        read_decision("e", ACTION, ALL)


@pytest.mark.parametrize("answer", ["", "   ", "edit {km}", "edit [1]", "s", "respond "])
def test_an_answer_that_is_no_decision_is_asked_again(answer: str) -> None:
    with pytest.raises(UnclearAnswer):
        read_decision(answer, ACTION, ALL)


def test_a_decision_that_the_action_does_not_take_is_asked_again() -> None:
    with pytest.raises(UnclearAnswer, match=r"\[a\]pprove, \[r\]eject"):
        read_decision("edit {}", ACTION, ("approve", "reject"))


def test_a_review_request_is_recognised_by_its_shape() -> None:
    request = read_review_request(
        {
            "action_requests": [{"name": "edit_plan", "args": {}, "description": "Move Tempo"}],
            "review_configs": [{"action_name": "edit_plan", "allowed_decisions": ["approve", "reject"]}],
            "plan_id": "p",
        }
    )
    assert request is not None
    assert request.allowed(request.action_requests[0]) == ("approve", "reject")
    assert read_review_request({"question": "Which race?"}) is None
    assert read_review_request("Which race?") is None
    assert read_review_request({"action_requests": []}) is None
