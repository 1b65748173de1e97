from dataclasses import replace
from datetime import UTC, datetime, timedelta

from server.review.comparison import compare
from server.review.model import ModelCall, RunReview, Span, ToolCall, Usage

START = datetime(2026, 11, 21, tzinfo=UTC)


def _span(name: str, seconds: float) -> Span:
    return Span("node", name, START, START + timedelta(seconds=seconds))


RUN = RunReview(
    run_id="left",
    thread_id="t",
    graph="g",
    assistant_id=None,
    status="success",
    created_at=START,
    queued_at=START,
    started_at=START,
    ended_at=START + timedelta(seconds=4),
    attempts=1,
    asked="go",
    said="the plan is now version 2",
    error=None,
    spans=(_span("agent", 1), _span("tools", 2), _span("agent", 1)),
    models=(ModelCall("m", "agent", "…", (), Usage(100, 20)),),
    tools=(ToolCall("pace", "tools", {"km": 3}, "15 min", False),),
    retrievals=(),
    diffs=(),
    questions=(),
    happenings=(),
)


def test_a_run_compared_with_itself_differs_in_nothing() -> None:
    same = compare(RUN, RUN)
    assert all(figure.difference in (0, None) for figure in same.figures)
    assert all(pair.left is pair.right for pair in same.spans) and all(pair.is_same for pair in same.tools)
    assert {piece.side for piece in same.answer} == {"both"}


def test_nodes_are_set_beside_each_other_by_their_order_and_names() -> None:
    other = replace(RUN, spans=(_span("agent", 2), _span("agent", 1), _span("remember", 1)))
    rows = [(pair.name, pair.left is not None, pair.right is not None) for pair in compare(RUN, other).spans]
    assert rows == [("agent", True, True), ("tools", True, False), ("agent", True, True), ("remember", False, True)]
    assert compare(RUN, other).spans[0].difference == 1


def test_what_only_one_run_knows_is_no_difference() -> None:
    untimed = replace(RUN, ended_at=None, models=())
    figures = {figure.name: figure for figure in compare(RUN, untimed).figures}
    assert figures["duration"].difference is None and figures["tokens in"].right is None
    assert figures["model calls"].difference == -1


def test_other_arguments_make_another_call() -> None:
    other = replace(RUN, tools=(replace(RUN.tools[0], arguments={"km": 5}),))
    (pair,) = compare(RUN, other).tools
    assert pair.left and pair.right and not pair.is_same


def test_a_changed_answer_is_told_word_by_word_and_another_one_whole() -> None:
    changed = compare(RUN, replace(RUN, said="the plan is still version 1")).answer
    assert [(piece.side, piece.text) for piece in changed if piece.side != "both"] == [
        ("left", "now "),
        ("right", "still "),
        ("left", "2"),
        ("right", "1"),
    ]
    another = compare(RUN, replace(RUN, said="no idea what you mean, sorry")).answer
    assert [piece.side for piece in another] == ["left", "right"]
