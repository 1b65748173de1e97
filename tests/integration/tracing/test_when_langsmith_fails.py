"""LangSmith that is down, slow or unwilling: runs neither fail nor wait, and what is lost is counted."""

import asyncio

import pytest

from server.ids import new_id
from server.tracing import feedback, sender, service
from server.tracing.facts import TracedRun
from server.tracing.service import Tracing, TracingOptions, opened_tracing
from tests.integration.tracing.graphs import everything
from tests.integration.tracing.traced import KEY, a_run, options_for, run_in, tracing_to
from tests.langsmith_server import LangSmithServer

SAID = {"messages": [("user", "hi")]}
STEPS = 6


async def answer_of(tracing: Tracing, run: TracedRun | None = None) -> str:
    """What the graph answers, traced."""
    left = await run_in(tracing, everything(), SAID, run or a_run())
    return str(left["messages"][-1].content)


async def counted(tracing: Tracing, *, pending: int) -> None:
    """Wait until so many steps are on their way."""
    async with asyncio.timeout(60):
        while tracing.counts.pending != pending:  # noqa: ASYNC110 - counted in the sender's thread
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("status", [401, 403, 422, 429, 500])
async def test_a_langsmith_that_refuses_loses_traces_only(langsmith: LangSmithServer, status: int) -> None:
    async with tracing_to(langsmith) as tracing:
        langsmith.refuse_with = status
        assert await answer_of(tracing) == "all is well"
    assert (tracing.counts.sent, tracing.counts.dropped, tracing.counts.pending) == (0, STEPS, 0)


async def test_nobody_at_the_address_loses_traces_only() -> None:
    options = TracingOptions(url="http://127.0.0.1:9", api_key=KEY, project="reviews")
    async with opened_tracing(options) as tracing:
        assert await answer_of(tracing) == "all is well"
    assert tracing.counts.dropped == STEPS


async def test_a_langsmith_that_hangs_holds_up_neither_runs_nor_the_end(
    langsmith: LangSmithServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "FLUSH_SECONDS", 0.2)
    langsmith.hang()
    async with tracing_to(langsmith) as tracing:
        assert await answer_of(tracing) == "all is well"
    assert tracing.counts.pending == STEPS, "the end did not wait for them"


async def test_more_than_may_be_on_their_way_are_dropped_and_counted(
    langsmith: LangSmithServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "FLUSH_SECONDS", 0.2)
    langsmith.hang()
    async with tracing_to(langsmith, most_pending=STEPS + 2) as tracing:
        for _ in range(3):
            assert await answer_of(tracing) == "all is well"
        assert tracing.counts.pending == STEPS + 2
        assert tracing.counts.dropped == (STEPS - 2) + 1, "the rest of the second run, and the third as one"


async def test_what_would_keep_too_much_in_memory_is_dropped(
    langsmith: LangSmithServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "FLUSH_SECONDS", 0.2)
    monkeypatch.setattr(sender, "MOST_BYTES", 200_000)
    langsmith.hang()
    async with tracing_to(langsmith) as tracing:
        for _ in range(2):
            left = await run_in(tracing, everything(), {"messages": [("user", "word " * 50_000)]}, a_run())
            assert left["messages"][-1].content == "all is well"
        assert (tracing.counts.pending, tracing.counts.dropped) == (1, STEPS)


async def test_what_comes_when_langsmith_is_back_is_sent(langsmith: LangSmithServer) -> None:
    async with tracing_to(langsmith) as tracing:
        langsmith.refuse_with = 500
        await answer_of(tracing)
        await counted(tracing, pending=0)
        langsmith.recover()
        run = a_run()
        await answer_of(tracing, run)
    assert (tracing.counts.dropped, tracing.counts.sent) == (STEPS, STEPS)
    assert len(langsmith.below(langsmith.trace(str(run.run_id)))) == STEPS - 1


async def test_a_step_whose_start_was_lost_is_sent_whole(langsmith: LangSmithServer) -> None:
    run = a_run(given=SAID)
    async with tracing_to(langsmith) as tracing:
        langsmith.refuse_with = 500
        trace = tracing.begin(run)
        (tracer,) = trace.callbacks()
        tracer.on_chain_start(None, SAID, run_id=run.root_id, name="mine")
        async with asyncio.timeout(60):
            while not tracing.counts.dropped:  # noqa: ASYNC110 - counted in the sender's thread
                await asyncio.sleep(0.01)
        langsmith.recover()
        trace.close("success")
    root = langsmith.trace(str(run.run_id))
    assert (root.posts, root.patches, root["run_type"]) == (1, 0, "chain")


@pytest.mark.parametrize("without", ["zstd", "multipart"])
async def test_older_langsmiths_are_sent_what_they_take(without: str) -> None:
    with LangSmithServer(compresses=without != "zstd", multipart=without != "multipart") as older:
        run = a_run()
        async with opened_tracing(options_for(older)) as tracing:
            await answer_of(tracing, run)
        root = older.trace(str(run.run_id))
        assert len(older.below(root)) == STEPS - 1
        if without == "zstd":
            assert older.encodings == [None]
        else:
            assert ("POST", "/runs/batch") in older.requests


async def test_a_run_that_does_not_wait_for_what_it_asked_for_takes_nothing_from_the_others(
    langsmith: LangSmithServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feedback, "URL_SECONDS", 0.05)
    async with tracing_to(langsmith) as tracing:
        langsmith.hang()
        impatient = a_run(feedback_keys=["helpful"])
        trace = tracing.begin(impatient)
        (tracer,) = trace.callbacks()
        tracer.on_chain_start(None, SAID, run_id=impatient.root_id, name="mine")
        assert await trace.feedback_urls() == {}
        trace.close("success")
        langsmith.recover()
        run = a_run()
        await answer_of(tracing, run)
        await counted(tracing, pending=0)
    assert len(langsmith.below(langsmith.trace(str(run.run_id)))) == STEPS - 1


async def test_a_langsmith_that_answers_nonsense_costs_the_feedback_urls_only(langsmith: LangSmithServer) -> None:
    async with tracing_to(langsmith) as tracing:
        langsmith.talks_nonsense = True
        run = a_run(feedback_keys=["helpful"])
        trace = tracing.begin(run)
        (tracer,) = trace.callbacks()
        tracer.on_chain_start(None, SAID, run_id=run.root_id, name="mine")
        assert await trace.feedback_urls() == {}
        trace.close("success")
    assert langsmith.token_requests, "it was asked"


async def test_a_step_that_starts_when_its_run_is_over_is_not_waited_for(langsmith: LangSmithServer) -> None:
    run = a_run()
    async with tracing_to(langsmith) as tracing:
        trace = tracing.begin(run)
        (tracer,) = trace.callbacks()
        tracer.on_chain_start(None, SAID, run_id=run.root_id, name="mine")
        trace.close("cancelled")
        tracer.on_tool_start({"name": "of a thread"}, "goes on", run_id=new_id(), parent_run_id=run.root_id)
        await counted(tracing, pending=0)
    assert tracing.counts.dropped == 0
