"""What becomes of a run's record, events and checkpoints in its review, where a live server is hard to bring into it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from server.review.checkpoints import Checkpoint
from server.review.events import read_events
from server.review.kept import Kept
from server.review.model import RunReview
from server.review.run_assembly import assemble
from server.review.run_facts import RunFacts

START = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
RUN = "01a1fe99-ec43-74d2-b562-3318eb197f8f"


def _at(seconds: float) -> str:
    return (START + timedelta(seconds=seconds)).isoformat()


def _facts(**more: Any) -> RunFacts:
    run = {
        "run_id": RUN,
        "thread_id": "01a1fe99-e770-7022-8827-f7a97346eb5d",
        "assistant_id": "a",
        "status": "success",
        "kwargs": {"input": {"messages": [{"role": "user", "content": "go"}]}, "stream_mode": ["values"]},
        "created_at": _at(-1),
        "updated_at": _at(9),
    }
    times = {"scheduled_at": _at(-1), "started_at": _at(0), "ended_at": _at(9)}
    counts = {"attempt": 1, "handed_back": 0, "cancel_action": None, "swept": None}
    return RunFacts.from_record({"run": run, "graph_id": "g", **times, **counts, **more})


def _checkpoint(number: int, seconds: float, *tasks: dict[str, Any], source: str = "loop") -> Checkpoint:
    found = Checkpoint.from_wire(
        {
            "created_at": _at(seconds),
            "checkpoint": {"checkpoint_id": str(number)},
            "parent_checkpoint": {"checkpoint_id": str(number - 1)} if number else None,
            "metadata": {"run_id": RUN, "step": number - 1, "source": source},
            "tasks": list(tasks),
        }
    )
    assert found is not None
    return found


def _task(name: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "name": name, "error": None, "interrupts": [], "result": {"log": [name]}, **more}


def _event(seconds: float, name: str, data: Any) -> dict[str, Any]:
    return {"seq": 1, "event": name, "at": _at(seconds), "data": data}


def _seconds(run: RunReview) -> dict[str, tuple[float, float]]:
    return {
        span.name: ((span.start - START).total_seconds(), (span.end - START).total_seconds())
        for span in run.spans
        if span.start and span.end
    }


def test_nodes_of_one_superstep_end_when_their_updates_came_and_the_last_with_the_checkpoint() -> None:
    history = [_checkpoint(0, 0, source="input"), _checkpoint(1, 1, _task("quick"), _task("slow")), _checkpoint(2, 5)]
    events = read_events([_event(2, "updates", {"quick": {}}), _event(4.9, "updates", {"slow": {}})])
    assert _seconds(assemble(Kept(_facts(), events, {"": history}))) == {"quick": (1, 2), "slow": (1, 4.9)}


def test_tasks_that_were_streamed_tell_exact_times_and_a_retried_node_counts_from_its_last_try() -> None:
    history = [_checkpoint(0, 0, source="input"), _checkpoint(1, 1, _task("node")), _checkpoint(2, 5)]
    started = {"id": "node", "name": "node", "input": {}, "triggers": []}
    done = {"id": "node", "name": "node", "error": None, "result": {}, "interrupts": []}
    events = read_events([_event(1.2, "tasks", started), _event(3, "tasks", started), _event(4.5, "tasks", done)])
    assert _seconds(assemble(Kept(_facts(), events, {"": history}))) == {"node": (3, 4.5)}


def test_a_node_that_a_dead_worker_left_is_timed_from_the_attempt_that_finished_it() -> None:
    history = [_checkpoint(0, 0, source="input"), _checkpoint(1, 1, _task("node")), _checkpoint(2, 8)]
    events = read_events(
        [_event(0, "metadata", {"run_id": RUN, "attempt": 1}), _event(7, "metadata", {"run_id": RUN, "attempt": 2})]
    )
    run = assemble(Kept(_facts(attempt=2), events, {"": history}))
    assert _seconds(run) == {"node": (7, 8)}
    assert (run.attempts, [one.text for one in run.happenings]) == (2, ["attempt 2 began"])
    assert (run.waited_seconds, run.seconds) == (1, 9)


def test_events_past_retention_are_said_to_be_gone() -> None:
    run = assemble(Kept(_facts(swept=12), read_events([]), {}))
    assert run.missing[0].startswith("Its 12 events are past retention")


def test_a_pause_before_a_node_is_no_time_in_it() -> None:
    history = [_checkpoint(0, 0, source="input"), _checkpoint(1, 1, _task("next", result=None))]
    (span,) = assemble(Kept(_facts(), read_events([]), {"": history})).spans
    assert (span.status, span.start, span.seconds) == ("paused", None, None)


def test_tokens_of_all_calls_are_added_and_messages_of_earlier_turns_are_not_this_runs() -> None:
    def said(number: int) -> dict[str, Any]:
        usage = {"input_tokens": 10, "output_tokens": number, "input_token_details": {"cache_read": 4}}
        return {"type": "ai", "id": f"m{number}", "content": f"answer {number}", "usage_metadata": usage}

    history = [
        _checkpoint(0, 0, source="input"),
        _checkpoint(1, 1, _task("agent", result={"messages": [said(1), said(2)]})),
        _checkpoint(2, 2, _task("agent", result={"messages": [said(2), said(3)]})),
        _checkpoint(3, 3),
    ]
    run = assemble(Kept(_facts(), read_events([]), {"": history}, before=[said(1)]))
    assert [call.text for call in run.models] == ["answer 2", "answer 3"]
    assert run.usage is not None and (run.usage.input, run.usage.output, run.usage.cached) == (20, 5, 8)
    assert run.said == "answer 3"


def test_documents_of_any_graph_are_found_passages() -> None:
    documents = [{"page_content": "words", "metadata": {"title": "T", "source": "S"}, "type": "Document"}]
    history = [
        _checkpoint(0, 0, source="input"),
        _checkpoint(1, 1, _task("search", result={"documents": documents})),
        _checkpoint(2, 2, _task("answer", result={"documents": documents})),
        _checkpoint(3, 3),
    ]
    (found,) = assemble(Kept(_facts(), read_events([]), {"": history})).retrievals
    (hit,) = found.hits
    assert (hit.title, hit.source, hit.text, hit.score) == ("T", "S", "words", None)
