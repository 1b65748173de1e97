"""The app that our `langgraph.json` names under `http.app`: plans and memories over HTTP.

Its lifespan gives our agents their database on whatever LangGraph server runs them: the named one, else the embedded one.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from agent.plan import connections
from agent.plan.announcements import heard_by
from server.db.ready import ready_database
from server.error_handlers import install_error_handlers
from server.product.memories import routes as memories_routes
from server.product.memories.upkeep import check_at_start
from server.product.plans import counted
from server.product.plans import routes as plans_routes
from server.settings import load_settings


@asynccontextmanager
async def _lifespan(_: FastAPI) -> AsyncIterator[None]:
    settings = load_settings()
    async with ready_database(settings) as database_url:
        settings.export(database_url)
        try:
            await check_at_start()
            with heard_by(counted.count):
                yield
        finally:
            await connections.close()


# The routes themselves, not their routers: a server that guards each route of a custom app has to find them.
app = FastAPI(
    title="Planloom's own",
    lifespan=_lifespan,
    docs_url=None,
    redoc_url=None,
    routes=[*plans_routes.router.routes, *memories_routes.router.routes],
)
install_error_handlers(app)
