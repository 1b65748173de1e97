"""The assistants API. Wherever it takes an assistant's id, it also takes a graph's name, for its system assistant."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from server.assistants.deletion import delete_assistant
from server.assistants.schemas import (
    MAX_VERSION,
    AssistantCount,
    AssistantCreate,
    AssistantOut,
    AssistantPatch,
    AssistantSearch,
    AssistantVersionOut,
    GraphDrawing,
    GraphSchemas,
    SubgraphSchemas,
    VersionChoice,
    VersionSearch,
)
from server.assistants.service import AssistantService
from server.auth.middleware import access_of
from server.errors import Malformed
from server.paging import Selected, page_response, selected
from server.refusals import refusals
from server.requests import WireRoute
from server.wire_json import WireResponse

router = APIRouter(prefix="/assistants", tags=["assistants"], route_class=WireRoute, responses=refusals(404, 422))

Reference = Annotated[str, Path(alias="assistant_id", description="The assistant's id, or its graph's name")]


def _service(request: Request) -> AssistantService:
    service: AssistantService = request.app.state.assistants
    return service.on_behalf_of(access_of(request))


@router.post("", response_model=AssistantOut, responses=refusals(400, 409))
async def create(request: Request, body: AssistantCreate) -> Response:
    """Create an assistant."""
    return WireResponse((await _service(request).create(body)).to_wire())


@router.post("/search", response_model=list[AssistantOut | Selected])
async def search(request: Request, body: AssistantSearch) -> Response:
    """List assistants, newest first unless asked otherwise."""
    found = await _service(request).search(body)
    return page_response(found, body, lambda assistant: selected(assistant.to_wire(), body.select))


@router.post("/count", response_model=int)
async def count(request: Request, body: AssistantCount) -> Response:
    """Count assistants."""
    return WireResponse(await _service(request).count(body))


@router.get("/{assistant_id}", response_model=AssistantOut)
async def get(request: Request, reference: Reference) -> Response:
    """One assistant."""
    return WireResponse((await _service(request).get(reference)).to_wire())


@router.patch("/{assistant_id}", response_model=AssistantOut, responses=refusals(400))
async def patch(request: Request, reference: Reference, body: AssistantPatch) -> Response:
    """Give an assistant a new version: metadata are merged, whatever else is given replaces what was."""
    return WireResponse((await _service(request).patch(reference, body)).to_wire())


@router.delete("/{assistant_id}", status_code=204)
async def delete(
    request: Request,
    reference: Reference,
    delete_threads: Annotated[bool, Query(description="also the threads whose last run was one of it")] = False,
) -> Response:
    """Delete an assistant with its versions."""
    state, access = request.app.state, access_of(request)
    await delete_assistant(
        reference,
        _service(request),
        state.threads.on_behalf_of(access),
        state.runs.on_behalf_of(access),
        delete_threads=delete_threads,
    )
    return Response(status_code=204)


@router.post("/{assistant_id}/versions", response_model=list[AssistantVersionOut])
async def versions(request: Request, reference: Reference, body: VersionSearch) -> Response:
    """An assistant's versions, newest first."""
    return WireResponse([version.to_wire() for version in await _service(request).versions(reference, body)])


@router.post("/{assistant_id}/latest", response_model=AssistantOut)
async def latest(
    request: Request,
    reference: Reference,
    body: VersionChoice,
    version: Annotated[int | None, Query(ge=1, le=MAX_VERSION, description="the version, if not in the body")] = None,
) -> Response:
    """Make an assistant what it was at a version."""
    chosen = version if body.version is None else body.version
    return WireResponse((await _service(request).set_latest(reference, chosen)).to_wire())


@router.get("/{assistant_id}/graph", response_model=GraphDrawing)
async def graph(
    request: Request,
    reference: Reference,
    xray: Annotated[str, Query(description="`true`, or how many levels of subgraphs to open")] = "false",
) -> Response:
    """The assistant's graph as nodes and edges."""
    return WireResponse(await _service(request).drawing(reference, _xray(xray)))


@router.get("/{assistant_id}/subgraphs", response_model=dict[str, SubgraphSchemas])
async def subgraphs(
    request: Request,
    reference: Reference,
    recurse: Annotated[bool, Query(description="also those in subgraphs, as `child|grandchild`")] = False,
) -> Response:
    """The JSON Schemas of the subgraphs of the assistant's graph, by namespace."""
    return WireResponse(await _service(request).subgraphs(reference, None, recurse=recurse))


@router.get("/{assistant_id}/subgraphs/{namespace}", response_model=dict[str, SubgraphSchemas])
async def subgraph(
    request: Request,
    reference: Reference,
    namespace: Annotated[str, Path(description="such as `child`, or `child|grandchild` with `recurse`")],
    recurse: Annotated[bool, Query(description="look for it in subgraphs, too")] = False,
) -> Response:
    """The JSON Schemas of the subgraph of one namespace; nothing if there is none."""
    return WireResponse(await _service(request).subgraphs(reference, namespace, recurse=recurse))


@router.get("/{assistant_id}/schemas", response_model=GraphSchemas)
async def schemas(request: Request, reference: Reference) -> Response:
    """The JSON Schemas of the assistant's graph."""
    return WireResponse(await _service(request).schemas(reference))


def _xray(given: str) -> Any:
    if given.lower() in ("true", "false", ""):
        return given.lower() == "true"
    if given.isdecimal() and int(given[:10]) > 0:
        return int(given[:10])
    raise Malformed("Invalid xray value")
