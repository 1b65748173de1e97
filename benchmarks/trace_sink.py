"""Takes traces as LangSmith would and throws them away: `uvicorn benchmarks.trace_sink:app`, in a process of its own."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

_INFO = {
    "version": "0.11.0",
    "instance_flags": {"zstd_compression_enabled": True},
    "batch_ingest_config": {
        "use_multipart_endpoint": True,
        "scale_up_qsize_trigger": 1000,
        "scale_up_nthreads_limit": 16,
        "scale_down_nempty_trigger": 4,
        "size_limit": 100,
        "size_limit_bytes": 20_971_520,
    },
}
taken = {"requests": 0, "bytes": 0}


async def _info(_: Request) -> Response:
    return JSONResponse(_INFO)


async def _take(request: Request) -> Response:
    taken["requests"] += 1
    taken["bytes"] += len(await request.body())
    return JSONResponse({}, 202)


async def _taken(_: Request) -> Response:
    return JSONResponse(taken)


app = Starlette(
    routes=[
        Route("/info", _info),
        Route("/taken", _taken),
        Route("/runs/multipart", _take, methods=["POST"]),
    ]
)
