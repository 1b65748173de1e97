"""What monitoring asks of a process, whether it serves the API or works only: `/metrics`, readiness, and the details."""

import asyncio
from typing import Any, Literal

import psycopg
from fastapi import APIRouter, Request, Response
from prometheus_client import Gauge
from psycopg_pool import PoolTimeout
from starlette.responses import JSONResponse

from server.health import Health
from server.metrics import exposition
from server.refusals import refusals
from server.requests import WireRoute
from server.runs.depth import Depth, QueueDepth

_ASK_SECONDS = 2.0  # a scrape answers without the queue's depth if Postgres does not say it in time

UNFINISHED = Gauge(
    "runs_unfinished", "Runs in the database that are not over: queued, scheduled for later, running", ("state",)
)

router = APIRouter(tags=["system"], route_class=WireRoute)


@router.get("/metrics", response_model=None, responses={200: {"content": {"text/plain": {}, "application/json": {}}}})
async def metrics(request: Request, format: Literal["prometheus", "json"] = "prometheus") -> Response:  # noqa: A002
    """The process's metrics for Prometheus; with `format=json`, what LangGraph's own clients read of them."""
    depth = await _depth(request.app.state.queue_depth)
    if format == "json":
        return JSONResponse(_as_json(request, depth))
    if depth is None:
        UNFINISHED.clear()
    else:
        for state, count in depth.by_state.items():
            UNFINISHED.labels(state).set(count)
    content, content_type = exposition.text(request.headers.get("accept", ""))
    return Response(content, headers={"content-type": content_type})


@router.get("/health/ready", response_model=dict[str, Any], responses=refusals(503))
async def ready(request: Request) -> Response:
    """200 while this process takes new requests, 503 when it is stopping or its database is away."""
    health: Health = request.app.state.health
    is_ready = await health.is_ready()
    return JSONResponse({"ready": is_ready, "draining": health.draining}, 200 if is_ready else 503)


@router.get("/health/details", response_model=dict[str, Any], responses=refusals(503))
async def details(request: Request) -> Response:
    """Each dependency's state and latency. 503 if the process can serve nothing."""
    if (access := getattr(request.state, "access", None)) is not None:  # a worker's own port knows no callers
        access.any_user_may()
    health: Health = request.app.state.health
    state, told = await health.details()
    return JSONResponse(told, 503 if state == "down" else 200)


async def _depth(queue_depth: QueueDepth) -> Depth | None:
    try:
        async with asyncio.timeout(_ASK_SECONDS):
            return await queue_depth.now()
    except (psycopg.OperationalError, PoolTimeout, TimeoutError):
        return None


def _as_json(request: Request, depth: Depth | None) -> dict[str, Any]:
    worker = request.app.state.worker
    slots, busy = (0, 0) if worker is None else (worker.slots.count, worker.busy)
    return {
        "queue": {} if depth is None else {"n_pending": depth.queued + depth.scheduled, "n_running": depth.running},
        "api": {"http_requests_total": exposition.requests_as_json()},
        "workers": {"max": slots, "active": busy, "available": slots - busy},
    }
