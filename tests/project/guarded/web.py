"""A route of the project's own that only its users may call."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route


async def _hook(_: Request) -> Response:
    return JSONResponse({})


app = Starlette(routes=[Route("/own/hook", _hook, methods=["POST"])])
