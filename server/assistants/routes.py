"""The assistants API."""

from typing import Any

from fastapi import APIRouter, Request, Response

from server.assistants.schemas import AssistantCount, AssistantOut, AssistantSearch, GraphDrawing, GraphSchemas
from server.assistants.service import AssistantService
from server.errors import Malformed
from server.paging import page_headers, selected
from server.requests import WireRoute
from server.wire_json import WireResponse

router = APIRouter(prefix="/assistants", tags=["assistants"], route_class=WireRoute)


def _service(request: Request) -> AssistantService:
    service: AssistantService = request.app.state.assistants
    return service


@router.post("/search", response_model=list[AssistantOut])
async def search(request: Request, body: AssistantSearch) -> Response:
    """List assistants, newest first unless asked otherwise."""
    found, more = await _service(request).search(body)
    rows = [selected(assistant.to_wire(), body.select) for assistant in found]
    return WireResponse(rows, headers=page_headers(body.offset, len(rows), more=more))


@router.post("/count", response_model=int)
async def count(request: Request, body: AssistantCount) -> Response:
    """Count assistants."""
    return WireResponse(await _service(request).count(body))


@router.get("/{assistant_id}", response_model=AssistantOut)
async def get(request: Request, assistant_id: str) -> Response:
    """One assistant, by its id or its graph's name."""
    return WireResponse((await _service(request).get(assistant_id)).to_wire())


@router.get("/{assistant_id}/graph", response_model=GraphDrawing)
async def graph(request: Request, assistant_id: str, xray: str = "false") -> Response:
    """The assistant's graph as nodes and edges; `xray=true`, or a depth, opens subgraphs."""
    return WireResponse(await _service(request).drawing(assistant_id, _xray(xray)))


@router.get("/{assistant_id}/schemas", response_model=GraphSchemas)
async def schemas(request: Request, assistant_id: str) -> Response:
    """The JSON Schemas of the assistant's graph."""
    return WireResponse(await _service(request).schemas(assistant_id))


def _xray(given: str) -> Any:
    if given.lower() in ("true", "false"):
        return given.lower() == "true"
    if given.isdecimal() and int(given) > 0:
        return int(given)
    raise Malformed("Invalid xray value: must be true, false or a positive number")
