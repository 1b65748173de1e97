"""Reads runs from LangSmith with its own client: by project, and there by thread or run."""

import asyncio
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from langsmith import APIError as LangsmithAPIError
from langsmith import Client, Langsmith
from langsmith.schemas import TracerSession
from langsmith.types.run_select_field import RunSelectField
from langsmith.utils import LangSmithAuthError, LangSmithError, LangSmithNotFoundError

from server.review.model import Review, RunReview
from server.review.reading import NothingToReview
from server.review.trace_assembly import assemble_trace
from server.review.traced import Traced

_MAX_ROOTS = 200
_SELECTED: list[RunSelectField] = [
    "ID", "NAME", "RUN_TYPE", "STATUS", "START_TIME", "END_TIME", "FIRST_TOKEN_TIME", "INPUTS", "OUTPUTS", "ERROR", "EXTRA",
    "EVENTS", "FEEDBACK_STATS", "TAGS", "PARENT_RUN_IDS", "TRACE_ID", "DOTTED_ORDER", "PROMPT_TOKENS", "COMPLETION_TOKENS",
]  # fmt: skip
_LONG_AGO = datetime(2023, 1, 1, tzinfo=UTC)  # before LangSmith kept anything: it looks one day back if it is not told


class LangSmithReader:
    """One project. Its methods raise `NothingToReview` for what is not there or refused."""

    def __init__(self, client: Client, project: str) -> None:
        self._client = client
        self._name = project
        self._source = f"LangSmith, project {project}"

    async def run(self, run_id: str) -> Review:
        """The trace of one of the server's runs."""
        return Review(f"Run {run_id}", self._source, (await self._review(run_id),))

    async def runs(self, run_ids: Sequence[str]) -> Review:
        """The traces of these runs, in this order."""
        return Review("Runs", self._source, tuple([await self._review(run_id) for run_id in run_ids]))

    async def thread(self, thread_id: str, last: int | None = None) -> Review:
        """The traces of a thread, oldest first; the newest `last` if that is given."""
        roots = await self._roots(_of_thread(thread_id), last or _MAX_ROOTS)
        if not roots:
            raise NothingToReview(f"Project {self._name} has no traces of thread {thread_id}.")
        notes = (f"The newest {len(roots)} traces at most.",) if len(roots) in (last, _MAX_ROOTS) else ()
        return Review(f"Thread {thread_id}", self._source, await self._reviews(roots), notes)

    async def latest(self, last: int | None = None) -> Review:
        """The newest traces of the project; one, if it is not said how many."""
        roots = await self._roots(None, last or 1)
        if not roots:
            raise NothingToReview(f"Project {self._name} has no traces yet.")
        return Review(f"Project {self._name}", self._source, await self._reviews(roots))

    # --- inside

    async def _reviews(self, roots: Sequence[Traced]) -> tuple[RunReview, ...]:
        ordered = sorted(roots, key=lambda root: root.start)
        traces = [await self._trace(root) for root in ordered]
        return tuple(assemble_trace(trace, ordered[place:]) for place, trace in enumerate(traces, start=1))

    async def _review(self, run_id: str) -> RunReview:
        root = await self._root(run_id)
        thread_id = root.metadata.get("thread_id")
        later = await self._roots(_of_thread(str(thread_id)), _MAX_ROOTS) if thread_id else []
        after = sorted((one for one in later if one.start > root.start), key=lambda one: one.start)
        return assemble_trace(await self._trace(root), after)

    async def _root(self, run_id: str) -> Traced:
        """A run's trace: the one of its id, or of its last attempt, whose trace has an id of its own."""
        by_metadata = f'and(eq(metadata_key, "run_id"), eq(metadata_value, "{_escaped(run_id)}"))'
        attempts = await self._roots(by_metadata, 10) or await self._find(run_ids=[run_id], limit=1)
        if not attempts:
            raise NothingToReview(f"Project {self._name} has no trace of run {run_id}.")
        return max(attempts, key=lambda root: root.start)

    async def _trace(self, root: Traced) -> list[Traced]:
        steps = [one for one in await self._find(trace_id=root.trace_id) if one.id != root.id]
        return [root, *sorted(steps, key=lambda one: one.order or one.start.isoformat())]

    async def _roots(self, expression: str | None, limit: int) -> list[Traced]:
        return await self._find(expression=expression, is_root=True, limit=limit)

    async def _find(
        self,
        *,
        expression: str | None = None,
        is_root: bool | None = None,
        run_ids: list[str] | None = None,
        trace_id: str | None = None,
        limit: int | None = None,
    ) -> list[Traced]:
        """Runs of the project, newest first, by whichever of its two query APIs LangSmith has."""
        try:
            project = str((await asyncio.to_thread(self._project)).id)
            if self._client.info.instance_flags is None or self._client.info.instance_flags.get(
                "ch_query_enabled", True
            ):
                return await asyncio.to_thread(
                    self._listed,
                    project_id=project,
                    filter=expression,
                    is_root=is_root,
                    run_ids=run_ids,
                    trace_id=trace_id,
                    limit=limit,
                )
            given = {"filter": expression, "is_root": is_root, "ids": run_ids, "trace_id": trace_id}
            return await asyncio.to_thread(
                self._queried, project, {key: value for key, value in given.items() if value is not None}, limit
            )
        except LangSmithNotFoundError as error:
            raise NothingToReview(f"LangSmith has no project {self._name}.") from error
        except LangSmithAuthError as error:
            raise NothingToReview("LangSmith refuses the key in LANGSMITH_API_KEY.") from error
        except (LangSmithError, LangsmithAPIError) as error:
            raise NothingToReview(f"LangSmith did not answer: {str(error).partition(chr(10))[0][:200]}") from error

    def _project(self) -> TracerSession:
        with _no_deprecations():
            found: TracerSession = self._client.read_project(project_name=self._name)
        return found

    def _listed(self, **asked: Any) -> list[Traced]:
        with _no_deprecations():
            return [Traced.of(run) for run in self._client.list_runs(**asked)]

    def _queried(self, project: str, asked: dict[str, Any], limit: int | None) -> list[Traced]:
        address = self._client.api_url.rstrip("/").removesuffix("/api/v1").removesuffix("/api")
        with Langsmith(api_key=self._client.api_key, base_url=address) as newer:
            found = newer.runs.query_v2(project_ids=[project], selects=_SELECTED, min_start_time=_LONG_AGO, **asked)
            return [Traced.of_queried(run) for run in islice(found, limit)]


@contextmanager
def _no_deprecations() -> Iterator[None]:
    """`list_runs` works until 2027 and with every LangSmith there is; what replaces it needs a newer server."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


def _of_thread(thread_id: str) -> str:
    return f'eq(thread_id, "{_escaped(thread_id)}")'


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
