"""What a worker without the API answers over HTTP: whether it is there, how it is, and its metrics."""

from typing import Protocol

from fastapi import FastAPI

from server.db.pool import Pool
from server.error_handlers import install_error_handlers
from server.health import Health
from server.runs.depth import QueueDepth
from server.runs.worker import Worker
from server.settings import Settings
from server.system import observation, routes


class Observed(Protocol):
    """What of a running process is shown."""

    @property
    def pool(self) -> Pool: ...
    @property
    def worker(self) -> Worker | None: ...
    @property
    def queue_depth(self) -> QueueDepth: ...
    @property
    def health(self) -> Health: ...


def worker_app(runtime: Observed, settings: Settings) -> FastAPI:
    """The application: `/ok`, `/metrics`, `/health/ready` and `/health/details`, open to whoever reaches the port."""
    app = FastAPI(openapi_url=None, telemetry={"tracing": False, "metrics": False, "logs": False})
    app.state.settings = settings
    app.state.checks_database = True
    app.state.pool = runtime.pool
    app.state.worker = runtime.worker
    app.state.queue_depth = runtime.queue_depth
    app.state.health = runtime.health
    app.include_router(routes.router)
    app.include_router(observation.router)
    install_error_handlers(app)
    return app
