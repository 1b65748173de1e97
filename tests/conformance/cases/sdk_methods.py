"""Every public method of the SDK's clients, called on both servers by the asynchronous and the synchronous client."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from langgraph_sdk._sync.stream import SyncThreadStream

from tests.conformance.case import Cases
from tests.conformance.peer import Peer
from tests.conformance.sdk_calls import SdkCalls

cases = Cases("SDK")

Use = Callable[[SdkCalls], Awaitable[Any]]
METHODS: dict[str, Use] = {}


def _of(method: str) -> Callable[[Use], Use]:
    """The decorated function shows what `method` does."""

    def add(use: Use) -> Use:
        async def asynchronously(peer: Peer) -> Any:
            return await _shown(SdkCalls(peer.sdk), method, use)

        async def synchronously(peer: Peer) -> Any:
            return await _shown(SdkCalls(peer.sync_sdk), method, use)

        METHODS[method] = use
        cases.row(f"{method} asynchronously", asynchronously)
        cases.row(f"{method} synchronously", synchronously)
        return use

    return add


async def _shown(call: SdkCalls, method: str, use: Use) -> Any:
    shown = await use(call)
    assert method in call.called
    return shown


async def _thread(call: SdkCalls, **options: Any) -> str:
    return str((await call("threads.create", **options))["thread_id"])


async def _ran(call: SdkCalls) -> str:
    thread_id = await _thread(call)
    await call("runs.wait", thread_id, "steps", input={"note": "n"})
    return thread_id


async def _live(call: SdkCalls) -> tuple[str, str]:
    thread_id = await _thread(call)
    run = await call("runs.create", thread_id, "steps", input={}, after_seconds=60)
    return thread_id, run["run_id"]


async def _assistant(call: SdkCalls, **options: Any) -> Any:
    return await call("assistants.create", "steps", **{"name": "mine", **options})


# --- assistants


@_of("assistants.create")
async def _assistants_create(call: SdkCalls) -> Any:
    made = await call(
        "assistants.create",
        "told",
        {"tags": ["t"]},
        context={"tone": "a"},
        metadata={"a": 1},
        name="n",
        description="d",
        if_exists="do_nothing",
    )
    return dict(made)


@_of("assistants.get")
async def _assistants_get(call: SdkCalls) -> Any:
    return await call("assistants.get", (await _assistant(call))["assistant_id"])


@_of("assistants.update")
async def _assistants_update(call: SdkCalls) -> Any:
    return await call("assistants.update", (await _assistant(call))["assistant_id"], name="new", metadata={"b": 1})


@_of("assistants.delete")
async def _assistants_delete(call: SdkCalls) -> Any:
    return await call("assistants.delete", (await _assistant(call))["assistant_id"], delete_threads=True)


@_of("assistants.search")
async def _assistants_search(call: SdkCalls) -> Any:
    mark = str(uuid4())
    await _assistant(call, metadata={"mark": mark})
    paged = await call("assistants.search", metadata={"mark": mark}, response_format="object")
    return [paged, await call("assistants.search", metadata={"mark": mark}, name="MI", sort_by="name", select=["name"])]


@_of("assistants.count")
async def _assistants_count(call: SdkCalls) -> Any:
    mark = str(uuid4())
    await _assistant(call, metadata={"mark": mark})
    return await call("assistants.count", metadata={"mark": mark}, graph_id="steps")


@_of("assistants.get_graph")
async def _assistants_get_graph(call: SdkCalls) -> Any:
    return await call("assistants.get_graph", (await _assistant(call))["assistant_id"], xray=True)


@_of("assistants.get_schemas")
async def _assistants_get_schemas(call: SdkCalls) -> Any:
    return await call("assistants.get_schemas", (await _assistant(call))["assistant_id"])


@_of("assistants.get_subgraphs")
async def _assistants_get_subgraphs(call: SdkCalls) -> Any:
    made = await call("assistants.create", "sub")
    whole = await call("assistants.get_subgraphs", made["assistant_id"], recurse=True)
    return [whole, await call("assistants.get_subgraphs", made["assistant_id"], namespace="child")]


@_of("assistants.get_versions")
async def _assistants_get_versions(call: SdkCalls) -> Any:
    assistant_id = (await _assistant(call))["assistant_id"]
    await call("assistants.update", assistant_id, name="two")
    return await call("assistants.get_versions", assistant_id, limit=5)


@_of("assistants.set_latest")
async def _assistants_set_latest(call: SdkCalls) -> Any:
    assistant_id = (await _assistant(call))["assistant_id"]
    await call("assistants.update", assistant_id, name="two")
    return await call("assistants.set_latest", assistant_id, 1)


# --- threads


@_of("threads.create")
async def _threads_create(call: SdkCalls) -> Any:
    made = await call(
        "threads.create",
        metadata={"a": 1},
        thread_id=str(uuid4()),
        if_exists="raise",
        graph_id="steps",
        supersteps=[{"updates": [{"values": {"note": "given"}, "as_node": "__input__"}]}],
        ttl=60,
    )
    return dict(made)


@_of("threads.get")
async def _threads_get(call: SdkCalls) -> Any:
    return await call("threads.get", await _ran(call))


@_of("threads.update")
async def _threads_update(call: SdkCalls) -> Any:
    return await call("threads.update", await _thread(call, metadata={"a": 1}), metadata={"b": 2})


@_of("threads.delete")
async def _threads_delete(call: SdkCalls) -> Any:
    return await call("threads.delete", await _ran(call))


@_of("threads.search")
async def _threads_search(call: SdkCalls) -> Any:
    mark = str(uuid4())
    thread_id = await _thread(call, metadata={"mark": mark})
    found = await call("threads.search", metadata={"mark": mark}, status="idle", limit=5, sort_by="created_at")
    return [found, await call("threads.search", ids=[thread_id], select=["status"])]


@_of("threads.count")
async def _threads_count(call: SdkCalls) -> Any:
    mark = str(uuid4())
    await _thread(call, metadata={"mark": mark})
    return await call("threads.count", metadata={"mark": mark}, status="idle")


@_of("threads.copy")
async def _threads_copy(call: SdkCalls) -> Any:
    copy = await call("threads.copy", await _ran(call))
    return (await call("threads.get_state", copy["thread_id"]))["values"]


@_of("threads.prune")
async def _threads_prune(call: SdkCalls) -> Any:
    return await call("threads.prune", [await _ran(call)])


@_of("threads.get_state")
async def _threads_get_state(call: SdkCalls) -> Any:
    thread_id = await _ran(call)
    state = await call("threads.get_state", thread_id, subgraphs=True)
    again = await call("threads.get_state", thread_id, checkpoint=state["checkpoint"])
    by_id = await call("threads.get_state", thread_id, checkpoint_id=state["checkpoint"]["checkpoint_id"])
    return [state["values"], again["values"], by_id["values"]]


@_of("threads.update_state")
async def _threads_update_state(call: SdkCalls) -> Any:
    return await call("threads.update_state", await _ran(call), {"note": "w"}, as_node="a")


@_of("threads.get_history")
async def _threads_get_history(call: SdkCalls) -> Any:
    history = await call("threads.get_history", await _ran(call), limit=3, metadata={"source": "loop"})
    return [[state["values"], state["next"]] for state in history]


@_of("threads.join_stream")
async def _threads_join_stream(call: SdkCalls) -> Any:
    thread_id = await _thread(call)
    await call("runs.create", thread_id, "steps", input={}, after_seconds=1)
    return await call("threads.join_stream", thread_id, until=lambda event: "run_done" in str(event))


# --- runs


@_of("runs.create")
async def _runs_create(call: SdkCalls) -> Any:
    thread_id = await _thread(call)
    run = await call("runs.create", thread_id, "steps", input={}, metadata={"a": 1}, multitask_strategy="enqueue")
    await call("runs.join", thread_id, run["run_id"])
    stateless = await call("runs.create", None, "steps", input={}, on_completion="delete")
    return [[one["status"], one["multitask_strategy"], sorted(one)] for one in (run, stateless)]


@_of("threads.stream")
async def _threads_stream(call: SdkCalls) -> Any:
    stream = await call("threads.stream", assistant_id="steps")
    if isinstance(stream, SyncThreadStream):
        return await asyncio.to_thread(_streamed, stream)
    async with stream:
        started = await stream.run.start(input={"note": "n"})
        values = [value async for value in stream.values]
        return [started, values[-1], await stream.output]


def _streamed(stream: SyncThreadStream) -> Any:
    with stream:
        started = stream.run.start(input={"note": "n"})
        return [started, list(stream.values)[-1], stream.output]


@_of("runs.stream")
async def _runs_stream(call: SdkCalls) -> Any:
    on_a_thread = await call(
        "runs.stream", await _thread(call), "chat", input=_SAY, stream_mode=["values", "messages-tuple"]
    )
    return [on_a_thread, await call("runs.stream", None, "sub", input={"foo": "x"}, stream_subgraphs=True)]


@_of("runs.wait")
async def _runs_wait(call: SdkCalls) -> Any:
    with_a_thread = await call("runs.wait", await _thread(call), "steps", input={})
    failed = await call("runs.wait", None, "errs", input={"x": "ValueError"}, raise_error=False)
    return [with_a_thread, await call("runs.wait", None, "fn", input=1), failed]


@_of("runs.list")
async def _runs_list(call: SdkCalls) -> Any:
    return await call("runs.list", await _ran(call), limit=5, status="success", select=["status", "multitask_strategy"])


@_of("runs.get")
async def _runs_get(call: SdkCalls) -> Any:
    thread_id, run_id = await _live(call)
    run = await call("runs.get", thread_id, run_id)
    await call("runs.cancel", thread_id, run_id)
    return [run["status"], run["run_id"] == run_id, run["metadata"]]


@_of("runs.join")
async def _runs_join(call: SdkCalls) -> Any:
    thread_id = await _thread(call)
    run = await call("runs.create", thread_id, "slow", input={"secs": 0.3})
    return await call("runs.join", thread_id, run["run_id"])


@_of("runs.join_stream")
async def _runs_join_stream(call: SdkCalls) -> Any:
    thread_id = await _thread(call)
    run = await call("runs.create", thread_id, "slow", input={"secs": 0.3}, stream_resumable=True)
    return await call("runs.join_stream", thread_id, run["run_id"], last_event_id="-1")


@_of("runs.cancel")
async def _runs_cancel(call: SdkCalls) -> Any:
    thread_id, run_id = await _live(call)
    await call("runs.cancel", thread_id, run_id, wait=True, action="interrupt")
    return (await call("runs.get", thread_id, run_id))["status"]


@_of("runs.cancel_many")
async def _runs_cancel_many(call: SdkCalls) -> Any:
    thread_id, run_id = await _live(call)
    answer = await call("runs.cancel_many", thread_id=thread_id, run_ids=[run_id])
    return [answer, (await call("runs.get", thread_id, run_id))["status"]]


@_of("runs.create_batch")
async def _runs_create_batch(call: SdkCalls) -> Any:
    runs = await call("runs.create_batch", [{"assistant_id": "steps", "input": {}}, {"assistant_id": "fn", "input": 1}])
    return [run["assistant_id"] for run in runs]


@_of("runs.delete")
async def _runs_delete(call: SdkCalls) -> Any:
    thread_id = await _ran(call)
    run = (await call("runs.list", thread_id))[0]
    await call("runs.delete", thread_id, run["run_id"])
    return await call("runs.list", thread_id)


# --- store


async def _namespace(call: SdkCalls) -> list[str]:
    namespace = ["of the sdk", str(uuid4())]
    await call("store.put_item", namespace, key="k", value={"x": 1}, index=False)
    return namespace


@_of("store.put_item")
async def _store_put_item(call: SdkCalls) -> Any:
    return await call("store.put_item", ["of the sdk", str(uuid4())], key="k", value={"x": 1}, ttl=60)


@_of("store.get_item")
async def _store_get_item(call: SdkCalls) -> Any:
    return await call("store.get_item", await _namespace(call), key="k", refresh_ttl=True)


@_of("store.delete_item")
async def _store_delete_item(call: SdkCalls) -> Any:
    namespace = await _namespace(call)
    return [await call("store.delete_item", namespace, key="k"), await call("store.search_items", namespace)]


@_of("store.search_items")
async def _store_search_items(call: SdkCalls) -> Any:
    namespace = await _namespace(call)
    return await call("store.search_items", namespace, filter={"x": {"$gte": 1}}, limit=5, offset=0)


@_of("store.list_namespaces")
async def _store_list_namespaces(call: SdkCalls) -> Any:
    namespace = await _namespace(call)
    return await call("store.list_namespaces", prefix=namespace, max_depth=2)


_SAY = {"messages": [{"role": "user", "content": "hi there"}]}


# --- crons

YEARLY = "0 9 1 1 *"
"""It does not fire while it is compared."""


async def _cron(call: SdkCalls, **options: Any) -> Any:
    return await call("crons.create", "steps", schedule=YEARLY, **options)


@_of("crons.create")
async def _crons_create(call: SdkCalls) -> Any:
    return await call(
        "crons.create",
        "steps",
        schedule=YEARLY,
        input={"note": "n"},
        metadata={"m": 1},
        config={"tags": ["t"]},
        context={"tone": "a"},
        interrupt_before=["b"],
        interrupt_after=["c"],
        on_run_completed="keep",
        multitask_strategy="interrupt",
        enabled=True,
        timezone=ZoneInfo("Europe/Berlin"),
        stream_mode=["updates"],
        stream_subgraphs=True,
        stream_resumable=True,
        durability="sync",
    )


@_of("crons.create_for_thread")
async def _crons_create_for_thread(call: SdkCalls) -> Any:
    return await call(
        "crons.create_for_thread",
        await _thread(call),
        "steps",
        schedule=YEARLY,
        input={"note": "n"},
        metadata={"m": 1},
        config={"configurable": {"k": 1}},
        interrupt_before="*",
        interrupt_after=["c"],
        multitask_strategy="rollback",
        enabled=False,
        timezone="America/New_York",
        stream_mode="values",
        stream_subgraphs=True,
        stream_resumable=True,
        durability="exit",
    )


@_of("crons.update")
async def _crons_update(call: SdkCalls) -> Any:
    return await call(
        "crons.update",
        (await _cron(call, metadata={"m": 1}))["cron_id"],
        schedule="30 10 2 2 *",
        end_time=None,
        input={"note": "m"},
        metadata={"n": 2},
        config={"tags": ["u"]},
        context={"tone": "b"},
        interrupt_before=["a"],
        interrupt_after=["b"],
        on_run_completed="keep",
        enabled=False,
        timezone="Asia/Kathmandu",
        stream_mode=["custom"],
        stream_subgraphs=False,
        stream_resumable=True,
        durability="async",
    )


@_of("crons.search")
async def _crons_search(call: SdkCalls) -> Any:
    mark = {"mark": str(uuid4())}
    cron = await _cron(call, metadata=mark)
    await _cron(call, metadata=mark, enabled=False)
    options = {"metadata": mark, "sort_by": "next_run_date", "sort_order": "asc"}
    return [
        await call("crons.search", assistant_id=cron["assistant_id"], enabled=True, limit=5, offset=0, **options),
        await call("crons.search", select=["schedule", "enabled"], **options, limit=1, offset=1),
        await call("crons.search", thread_id=await _thread(call)),
    ]


@_of("crons.count")
async def _crons_count(call: SdkCalls) -> Any:
    mark = {"mark": str(uuid4())}
    cron = await _cron(call, metadata=mark)
    return [
        await call("crons.count", assistant_id=cron["assistant_id"], metadata=mark),
        await call("crons.count", thread_id=await _thread(call)),
    ]


@_of("crons.delete")
async def _crons_delete(call: SdkCalls) -> Any:
    cron = await _cron(call, metadata={"mark": (mark := str(uuid4()))})
    gone = await call("crons.delete", cron["cron_id"])
    return [gone, await call("crons.count", metadata={"mark": mark})]
