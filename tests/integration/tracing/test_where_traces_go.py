"""Which runs are traced, under whose trace, and that nobody but the operator says where the data goes."""

from urllib.parse import quote
from uuid import UUID

import orjson

from server.tracing.parents import TraceParent, parent_in
from server.tracing.service import opened_tracing
from tests.integration.tracing.graphs import everything
from tests.integration.tracing.traced import a_run, options_for, run_in, trace_of, tracing_to
from tests.langsmith_server import LangSmithServer

SAID = {"messages": [("user", "hi")]}
ABOVE = UUID("01a1feb6-28cf-7739-a89a-c41521c6c2dc")
CALLER = UUID("01a1feb6-35ff-7122-af32-e57e2739e0d9")
ORDER = f"20261121T152513314104Z{ABOVE}.20261121T152516671846Z{CALLER}"


def baggage(**items: object) -> str:
    return ",".join(
        f"langsmith-{name}={quote(value if isinstance(value, str) else orjson.dumps(value))}"
        for name, value in items.items()
    )


async def test_a_run_hangs_below_its_callers_step(langsmith: LangSmithServer) -> None:
    told = baggage(metadata={"team": "blue", "thread_id": "theirs", "graph_id": "theirs"}, tags="one,two")
    parent = parent_in({"langsmith-trace": ORDER, "baggage": told})
    run = a_run(parent=parent)
    root = await trace_of(langsmith, everything(), SAID, run)
    assert (root["trace_id"], root["parent_run_id"], root["id"]) == (str(ABOVE), str(CALLER), str(run.run_id))
    assert root["dotted_order"].startswith(ORDER + ".")
    assert (root.metadata["team"], set(root.tags)) == ("blue", {"one", "two"})
    assert root.metadata["thread_id"] == str(run.thread_id)
    assert root.metadata["graph_id"] == "mine"
    assert {step["trace_id"] for step in langsmith.below(root)} == {str(ABOVE)}
    assert all(step["dotted_order"].startswith(root["dotted_order"]) for step in langsmith.below(root))


async def test_a_header_never_says_where_data_goes(langsmith: LangSmithServer) -> None:
    with LangSmithServer() as elsewhere:
        replicas = [{"api_url": elsewhere.url, "api_key": "theirs", "project_name": "theirs"}, ["theirs", {}]]
        told = baggage(project="theirs", replicas=replicas, address="lrn:theirs", metadata={"team": "blue"})
        run = a_run(parent=parent_in({"langsmith-trace": ORDER, "baggage": told}))
        root = await trace_of(langsmith, everything(), SAID, run)
        assert {step["session_name"] for step in [root, *langsmith.below(root)]} == {"reviews"}
        assert elsewhere.requests == []
    assert "theirs" not in str(root.fields)


def test_headers_that_name_no_run_are_not_there() -> None:
    for order in ("", "nonsense", str(ABOVE), f"99999999T999999999999Z{ABOVE}", ORDER + ".", "x" * 9000, "." * 300):
        assert parent_in({"langsmith-trace": order}) is None, order
    found = parent_in({"langsmith-trace": ORDER, "baggage": "langsmith-metadata=%7Bnot json,x,=,langsmith-tags="})
    assert found == TraceParent(ORDER)
    assert found is not None
    assert (found.trace_id, found.run_id) == (ABOVE, CALLER)
    assert TraceParent.from_json(found.as_json()) == found


async def test_a_share_of_the_runs_is_traced_the_same_whoever_asks(langsmith: LangSmithServer) -> None:
    runs = [a_run() for _ in range(200)]
    async with tracing_to(langsmith, sampling_rate=0.3) as tracing:
        traced = {run.run_id for run in runs if tracing.begin(run).is_traced}
        again = {run.run_id for run in runs if tracing.begin(run).is_traced}
        parent = parent_in({"langsmith-trace": ORDER})
        assert all(tracing.begin(a_run(parent=parent)).is_traced for _ in range(20)), "sampled as its caller's trace is"
        sampled = next(run for run in runs if run.run_id in traced)
        other = next(run for run in runs if run.run_id not in traced)
        for run in (sampled, other):
            await run_in(tracing, everything(), SAID, run)
    assert traced == again
    assert 30 <= len(traced) <= 90
    assert langsmith.trace(str(sampled.run_id)).metadata["ls_tracing_sample_rate"] == 0.3
    assert str(other.run_id) not in {run["id"] for run in langsmith.runs}


async def test_without_options_nothing_is_sent_even_by_langsmiths_own_means(langsmith: LangSmithServer) -> None:
    before = len(langsmith.requests)
    run = a_run()
    async with opened_tracing(None) as tracing:
        assert not tracing.is_on
        await run_in(tracing, everything(), SAID, run)
    assert len(langsmith.requests) == before


async def test_what_a_graph_traces_outside_of_a_run_is_not_sent(langsmith: LangSmithServer) -> None:
    async with opened_tracing(options_for(langsmith)) as tracing:
        await everything().ainvoke(SAID)
        assert tracing.counts.sent == tracing.counts.pending == 0
