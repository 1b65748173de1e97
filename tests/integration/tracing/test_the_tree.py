"""What arrives in LangSmith of a run: the tree, and what each of its steps says."""

import asyncio
from uuid import UUID

import pytest
from langgraph.types import Command

from server.tracing.facts import TracedRun
from server.tracing.run_spans import RESERVED
from tests.integration.tracing.graphs import USAGE, asks, everything, fails, sleeps, streams
from tests.integration.tracing.traced import a_run, run_in, trace_of, tracing_to
from tests.langsmith_server import LangSmithServer, ReceivedRun

SAID = {"messages": [("user", "how do I taper?")]}


async def test_a_run_is_one_trace_with_its_steps_below_it(langsmith: LangSmithServer) -> None:
    run = a_run(graph_id="coach")
    root = await trace_of(langsmith, everything(), SAID, run)
    assert root["id"] == root["trace_id"] == str(run.run_id)
    assert langsmith.tree(root) == [
        "chain coach",
        "  chain everything",
        "    retriever Shelf",
        "    tool add",
        "    tool by_hand",
        "    llm CountingModel",
    ]
    assert {child["trace_id"] for child in langsmith.below(root)} == {root["id"]}
    assert {child["session_name"] for child in [root, *langsmith.below(root)]} == {"reviews"}
    assert langsmith.encodings[-1] == "zstd"


async def test_steps_show_what_went_in_and_what_came_out(langsmith: LangSmithServer) -> None:
    root = await trace_of(langsmith, everything(), SAID)
    steps = {step.name: step for step in langsmith.below(root)}
    assert steps["Shelf"]["inputs"] == {"query": "how do I taper?"}
    assert steps["Shelf"]["outputs"]["documents"][0]["page_content"] == "Tapers let fatigue fade."
    assert steps["Shelf"]["outputs"]["documents"][0]["metadata"] == {"source": "taper.md", "score": 0.7}
    assert (steps["add"]["inputs"], steps["add"]["outputs"]) == ({"a": 1, "b": 2}, {"output": 3})
    assert (steps["by_hand"]["inputs"], steps["by_hand"]["outputs"]) == (
        {"text": "how do I taper?"},
        {"output": "HOW DO I TAPER?"},
    )
    model = steps["CountingModel"]
    (asked,) = model["inputs"]["messages"][0]
    assert asked["id"][-1] == "HumanMessage"
    assert asked["kwargs"]["content"] == "how do I taper?"
    assert model["outputs"]["generations"][0][0]["text"] == "all is well"
    assert [message["content"] for message in root["outputs"]["messages"]] == ["how do I taper?", "all is well"]
    assert steps["everything"].metadata["noted"] == "inside"


async def test_what_goes_in_piece_by_piece_is_shown_when_it_is_known(langsmith: LangSmithServer) -> None:
    root = await trace_of(langsmith, streams(), SAID)
    (step,) = [step for step in langsmith.below(root) if step.name == "letters"]
    assert (step["inputs"], step["outputs"]) == ({"input": "latewords"}, {"output": "LATEWORDS"})


async def test_models_show_their_tokens_and_the_time_of_the_first(langsmith: LangSmithServer) -> None:
    root = await trace_of(langsmith, everything(), SAID)
    model = next(step for step in langsmith.below(root) if step["run_type"] == "llm")
    assert model.metadata["usage_metadata"] == USAGE
    assert model.events == ["start", "new_token", "end"]
    times = [event["time"] for event in model["events"]]
    assert times == sorted(times)
    assert (model["start_time"], model["end_time"]) == (times[0], times[-1])


async def test_the_root_says_what_ran(langsmith: LangSmithServer) -> None:
    given = {"assistant_version": 3, "request_id": "req-1", "user": "ann@example.org", "tags": ["nightly"]}
    run = a_run(graph_id="coach", metadata={"team": "red"}, **given)
    root = await trace_of(langsmith, everything(), SAID, run, options={"revision_id": "rev-7", "user_salt": "salt"})
    told = root.metadata
    assert told["thread_id"] == told["session_id"] == str(run.thread_id)
    assert (told["run_id"], told["run_attempt"]) == (str(run.run_id), 1)
    assert (told["assistant_id"], told["assistant_version"]) == (str(run.assistant_id), 3)
    assert (told["graph_id"], told["revision_id"], told["request_id"]) == ("coach", "rev-7", "req-1")
    assert (told["team"], told["run_status"]) == ("red", "success")
    assert {"planloom_version", "langgraph_version"} <= told.keys()
    assert len(told["user_hash"]) == 24
    assert "ann@example.org" not in str(root.fields)
    assert root.tags == ["nightly"]
    assert root["extra"]["runtime"]["library"] == "langgraph"
    for step in langsmith.below(root):
        assert step.metadata["thread_id"] == step.metadata["session_id"] == str(run.thread_id), step.name


async def test_callers_do_not_overwrite_what_the_server_says(langsmith: LangSmithServer) -> None:
    forged = dict.fromkeys(RESERVED, "forged")
    root = await trace_of(langsmith, everything(), SAID, a_run(metadata={**forged, "team": "red"}))
    for step in [root, *langsmith.below(root)]:
        assert "forged" not in str(step.metadata), step.name
        assert step.metadata["team"] == "red"


async def test_people_are_hashed_wherever_metadata_names_them(langsmith: LangSmithServer) -> None:
    run = a_run(user="ann@example.org", metadata={"owner": "ann@example.org"})
    root = await trace_of(langsmith, everything(), SAID, run)
    assert root.metadata["owner"] == root.metadata["user_hash"]
    again = await trace_of(langsmith, everything(), SAID, a_run(user="ann@example.org"), options={"user_salt": "other"})
    assert again.metadata["user_hash"] != root.metadata["user_hash"]


async def test_a_second_attempt_gets_a_trace_of_its_own(langsmith: LangSmithServer) -> None:
    first = a_run()
    second = TracedRun(
        **{name: getattr(first, name) for name in ("run_id", "thread_id", "assistant_id", "graph_id")}, attempt=2
    )
    roots = [await trace_of(langsmith, everything(), SAID, run) for run in (first, second)]
    assert [root.metadata["run_id"] for root in roots] == [str(first.run_id)] * 2
    assert [root.metadata["run_attempt"] for root in roots] == [1, 2]
    assert roots[0]["id"] == str(first.run_id) != roots[1]["id"] == roots[1]["trace_id"]
    assert UUID(roots[1]["id"]).version == 7
    assert second.root_id == UUID(roots[1]["id"])


def assert_not_failed(runs: list[ReceivedRun]) -> None:
    assert [run.name for run in runs if run.get("error")] == []


async def test_an_interrupt_shows_as_one_and_not_as_an_error(langsmith: LangSmithServer) -> None:
    graph, run = asks(), a_run()
    root = await trace_of(langsmith, graph, SAID, run, outcome="interrupted")
    steps = langsmith.below(root)
    assert_not_failed([root, *steps])
    assert [(step.name, step.metadata["status"], step.tags[-1]) for step in steps] == [
        (name, "interrupted", "interrupted") for name in ("inner", "LangGraph", "ask")
    ]
    assert steps[-1]["outputs"]["__interrupt__"][0]["value"] == {"question": "which colour?"}
    assert (root.metadata["run_status"], root.metadata["status"]) == ("interrupted", "interrupted")
    assert "interrupted" in root.tags

    resumed = TracedRun(**_same_thread(run))
    async with tracing_to(langsmith) as tracing:
        trace = tracing.begin(resumed)
        trace.follows(run.run_id)
        config = {"run_id": resumed.root_id, "callbacks": trace.callbacks(),
                  "configurable": {"thread_id": str(run.thread_id)}}  # fmt: skip
        await graph.ainvoke(Command(resume="red"), config)
        trace.close("success")
    again = langsmith.trace(str(resumed.run_id))
    assert again.metadata["previous_run_id"] == str(run.run_id)
    assert again["outputs"]["answer"] == "red"
    assert again.metadata["thread_id"] == root.metadata["thread_id"]


def _same_thread(run: TracedRun) -> dict[str, object]:
    facts = {name: getattr(run, name) for name in ("thread_id", "assistant_id", "graph_id", "attempt")}
    return {**facts, "run_id": a_run().run_id}


async def test_a_cancelled_run_shows_as_cancelled_and_not_as_failed(langsmith: LangSmithServer) -> None:
    run = a_run()
    async with tracing_to(langsmith) as tracing:
        running = asyncio.create_task(run_in(tracing, sleeps(), {**SAID, "seconds": 60}, run))
        step = await asyncio.to_thread(langsmith.until, "sleep", thread_id=str(run.thread_id))
        assert not step.is_ended, "a step that goes on is there already"
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    root = langsmith.trace(str(run.run_id))
    (step,) = langsmith.below(root)
    assert_not_failed([root, step])
    for one in (root, step):
        assert (one.metadata["status"], one.tags[-1]) == ("cancelled", "cancelled")
    assert root.metadata["run_status"] == "cancelled"
    assert (step.posts, step.patches) == (1, 1)


async def test_a_failure_shows_as_an_error_with_its_traceback(langsmith: LangSmithServer) -> None:
    root = await trace_of(langsmith, fails(), SAID)
    (step,) = langsmith.below(root)
    for one in (root, step):
        assert one["error"].startswith("RuntimeError('cannot do how do I taper?')")
        assert "_fail" in one["error"]
        assert one.events[-2:] == ["error", "end"]
    assert root.metadata["run_status"] == "error"


async def test_a_run_whose_graph_never_started_has_a_root_all_the_same(langsmith: LangSmithServer) -> None:
    run = a_run(graph_id="made", given=SAID)
    async with tracing_to(langsmith) as tracing:
        trace = tracing.begin(run)
        trace.failed(TypeError("the factory takes no such argument"))
        trace.close("error")
        trace.close("lost")
    root = langsmith.trace(str(run.run_id))
    assert (root.name, root.metadata["run_status"]) == ("made", "error")
    assert root["error"].startswith("TypeError")
    assert root["inputs"]["messages"]


async def test_a_run_may_name_its_project_and_its_example(langsmith: LangSmithServer) -> None:
    example = a_run().run_id
    root = await trace_of(langsmith, everything(), SAID, a_run(project="evals", example_id=example))
    assert (root["session_name"], root["reference_example_id"]) == ("evals", str(example))
    assert [step.get("reference_example_id") for step in langsmith.below(root)] == [None] * 5
    elsewhere = await trace_of(langsmith, everything(), SAID, options={"projects": {"mine": "of-its-own"}})
    assert elsewhere["session_name"] == "of-its-own"
