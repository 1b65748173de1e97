"""Reads runs from a LangGraph server over HTTP: records and events where it is ours, checkpoints from any."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from server.chat.conversation import error_detail
from server.review.checkpoints import Checkpoint, supersteps
from server.review.events import MODES, RunEvents, read_events
from server.review.kept import Answered, Kept
from server.review.model import Review, RunReview
from server.review.reading import NothingToReview
from server.review.run_assembly import assemble
from server.review.run_facts import RunFacts
from server.review.written import Message, messages_in

_PAGE = 1000
_AT_ONCE = 4  # requests; the server has other work to do
_MAX_CHECKPOINTS = 10_000
_MAX_SUBGRAPHS = 500
_MAX_EVENTS = 100_000
_WITHOUT_VALUES = ["metadata", "created_at", "checkpoint", "parent_checkpoint", "tasks", "next"]


class ServerReader:
    """One server. `http` has its address and what its auth wants."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http
        self._source = str(http.base_url).rstrip("/")
        self._at_once = asyncio.Semaphore(_AT_ONCE)

    async def run(self, run_id: str, thread_id: str | None = None) -> Review:
        """One run; servers that are not ours need its thread too. Raises `NothingToReview`."""
        review = await self._run(run_id, thread_id, None)
        return Review(f"Run {run_id}", self._source, (review,))

    async def runs(self, run_ids: Sequence[str], thread_id: str | None = None) -> Review:
        """These runs, in this order. Raises `NothingToReview`."""
        reviews = await asyncio.gather(*(self._run(run_id, thread_id, None) for run_id in run_ids))
        return Review("Runs", self._source, tuple(reviews))

    async def thread(self, thread_id: str, last: int | None = None) -> Review:
        """The runs of a thread, the `last` so many if that is given. Raises `NothingToReview`."""
        runs = await self._runs_of(thread_id)
        if not runs:
            raise NothingToReview(f"Thread {thread_id} has no runs, or they were deleted.")
        chosen = runs[-last:] if last else runs
        reviews = await asyncio.gather(*(self._run(run["run_id"], thread_id, runs) for run in chosen))
        notes = () if len(chosen) == len(runs) else (f"The last {len(chosen)} of {len(runs)} runs.",)
        return Review(f"Thread {thread_id}", self._source, tuple(reviews), notes)

    async def latest(self, last: int | None = None) -> Review:
        """The newest runs (one, if it is not said how many) of the thread on which something happened last."""
        found = await self._ask("POST", "/threads/search", {"limit": 1, "sort_by": "updated_at", "sort_order": "desc"})
        if not found:
            raise NothingToReview("The server has no threads yet. Have a conversation first: planloom chat")
        return await self.thread(found[0]["thread_id"], last or 1)

    # --- inside

    async def _run(self, run_id: str, thread_id: str | None, runs: Sequence[Mapping[str, Any]] | None) -> RunReview:
        facts, events = await self._facts(run_id, thread_id)
        runs = await self._runs_of(facts.thread_id) if runs is None else runs
        history = await self._history(facts)
        return assemble(
            Kept(
                facts=facts,
                events=events,
                history=history,
                before=await self._messages_before(facts, history.get("", ())),
                answered=_answers(runs, run_id),
                link=f"{self._source}/threads/{facts.thread_id}/runs/{run_id}",
            )
        )

    async def _facts(self, run_id: str, thread_id: str | None) -> tuple[RunFacts, RunEvents]:
        record: dict[str, Any] | None = None
        events: list[Mapping[str, Any]] = []
        after: int | None = 0
        while after is not None and len(events) < _MAX_EVENTS:
            page = await self._ask(
                "GET", f"/runs/{run_id}/record", params={"after": after, "stream_mode": list(MODES)}, or_none=True
            )
            if page is None:
                break
            record = record or page
            events += page["events"]
            after = page["next_after"]
        if record is not None:
            return RunFacts.from_record(record), read_events(events)
        if thread_id is None:
            raise NothingToReview(
                f"The server has no run {run_id}, or no records of runs; with --thread it may be found. "
                "A run without a thread is deleted when it is over, unless it is created with on_completion: keep."
            )
        run = await self._ask("GET", f"/threads/{thread_id}/runs/{run_id}", or_none=True)
        if run is None:
            raise NothingToReview(f"Thread {thread_id} has no run {run_id}.")
        return RunFacts.from_run(run), RunEvents()

    async def _runs_of(self, thread_id: str) -> list[Mapping[str, Any]]:
        """A thread's runs, oldest first."""
        runs: list[Mapping[str, Any]] = []
        while True:
            page = await self._ask(
                "GET", f"/threads/{thread_id}/runs", params={"limit": _PAGE, "offset": len(runs)}, or_none=True
            )
            if page is None:
                raise NothingToReview(f"The server has no thread {thread_id}.")
            runs += page
            if len(page) < _PAGE:
                return runs[::-1]

    async def _history(self, facts: RunFacts) -> dict[str, list[Checkpoint]]:
        """The run's checkpoints by namespace, with those that it went on from."""
        history: dict[str, list[Checkpoint]] = {}
        waiting = [""]
        while waiting and len(history) < _MAX_SUBGRAPHS:
            namespace = waiting.pop(0)
            if namespace in history:
                continue
            own = await self._checkpoints(facts, namespace)
            history[namespace] = own + await self._parents(facts, namespace, own)
            steps = supersteps(history[namespace], facts.run_id)
            waiting += [task.namespace for step in steps for task in step.tasks if task.namespace]
        return history

    async def _checkpoints(self, facts: RunFacts, namespace: str) -> list[Checkpoint]:
        found: list[Checkpoint] = []
        before: str | None = None
        while len(found) < _MAX_CHECKPOINTS:
            asked: dict[str, Any] = {
                "limit": _PAGE,
                "metadata": {"run_id": facts.run_id},
                "select": _WITHOUT_VALUES,
                "checkpoint": {"checkpoint_ns": namespace},
                **({"before": {"checkpoint_id": before}} if before else {}),
            }
            states = await self._ask("POST", f"/threads/{facts.thread_id}/history", asked, or_none=True)
            page = [one for state in states or () if (one := Checkpoint.from_wire(state))]
            found += page
            if len(page) < _PAGE:
                break
            before = page[-1].checkpoint_id
        return found

    async def _parents(self, facts: RunFacts, namespace: str, own: Sequence[Checkpoint]) -> list[Checkpoint]:
        """The checkpoints of other runs that this one went on from."""
        known = {one.checkpoint_id for one in own}
        outside = {
            one.parent_id for one in own if one.parent_id and one.parent_id not in known and one.source == "loop"
        }
        states = [await self._state(facts.thread_id, parent_id, namespace) for parent_id in sorted(outside)]
        return [one for state in states if state and (one := Checkpoint.from_wire(state))]

    async def _messages_before(self, facts: RunFacts, own: Sequence[Checkpoint]) -> list[Message]:
        first = min((one for one in own if one.run_id == facts.run_id), key=lambda one: one.at, default=None)
        if first is None or first.parent_id is None:
            return []
        state = await self._state(facts.thread_id, first.parent_id, "")
        return list(messages_in((state or {}).get("values")))

    async def _state(self, thread_id: str, checkpoint_id: str, namespace: str) -> dict[str, Any] | None:
        named = {"checkpoint_id": checkpoint_id, "checkpoint_ns": namespace, "thread_id": thread_id}
        state: dict[str, Any] | None = await self._ask(
            "POST", f"/threads/{thread_id}/state/checkpoint", {"checkpoint": named}, or_none=True
        )
        return state

    async def _ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        params: Mapping[str, Any] | None = None,
        or_none: bool = False,
    ) -> Any:
        """The JSON of an answer; None for 404 with `or_none`. Raises httpx's errors, `NothingToReview` for refusals."""
        async with self._at_once:
            response = await self._http.request(method, path, json=body, params=params)
        if response.status_code == httpx.codes.NOT_FOUND and or_none:
            return None
        if response.is_error:
            refused = httpx.HTTPStatusError(response.text[:300], request=response.request, response=response)
            raise NothingToReview(f"The server at {self._source} refused {method} {path}: {_why(response, refused)}")
        try:
            return response.json()
        except ValueError as error:
            raise NothingToReview(
                f"{self._source} is no LangGraph server: what it answers to {method} {path} is no JSON."
            ) from error


def _why(response: httpx.Response, refused: httpx.HTTPStatusError) -> str:
    try:
        body = response.json()
    except ValueError:
        return error_detail(refused)
    detail = body.get("detail") if isinstance(body, dict) else None
    return detail if isinstance(detail, str) else error_detail(refused)


def _answers(runs: Sequence[Mapping[str, Any]], run_id: str) -> list[Answered]:
    """The runs after this one that resumed the thread, up to the first that began something new."""
    places = [place for place, run in enumerate(runs) if run["run_id"] == run_id]
    answers: list[Answered] = []
    for run in runs[places[0] + 1 :] if places else ():
        command = (run.get("kwargs") or {}).get("command")
        resume = command.get("resume") if isinstance(command, dict) else None
        if resume is None:
            break
        answers.append(Answered(run["run_id"], resume))
    return answers
