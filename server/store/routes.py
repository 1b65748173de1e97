"""The store API."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from server.auth.middleware import access_of
from server.refusals import refusals
from server.requests import WireRoute
from server.store.schemas import (
    FoundItems,
    ItemDelete,
    ItemOut,
    ItemPut,
    ItemSearch,
    KeyMissing,
    Namespaces,
    NamespaceSearch,
)
from server.store.service import StoreService
from server.wire_json import WireResponse

router = APIRouter(prefix="/store", tags=["store"], route_class=WireRoute, responses=refusals(422))


def _service(request: Request) -> StoreService:
    service: StoreService = request.app.state.store
    return service.on_behalf_of(access_of(request))


@router.put("/items", status_code=204, responses=refusals(400, 503))
async def put(request: Request, body: ItemPut) -> Response:
    """Keep an item, instead of the one there."""
    await _service(request).put(body)
    return Response(status_code=204)


@router.get("/items", response_model=ItemOut | None, responses={400: {"model": KeyMissing, "description": "No key."}})
async def get(
    request: Request,
    key: Annotated[str | None, Query(description="the item's key")] = None,
    namespace: Annotated[list[str] | None, Query(description="the labels, joined by dots")] = None,
    refresh_ttl: Annotated[bool | None, Query(description="whether it lives on; absent: as the project says")] = None,
) -> Response:
    """One item, or null if there is none of that key."""
    if key is None:
        return WireResponse({"error": "Key is required"}, 400)  # in the words that clients of this endpoint know
    labels = [label for joined in namespace or [""] for label in joined.split(".")]
    return WireResponse(await _service(request).get(labels, key, refresh_ttl))


@router.delete("/items", status_code=204)
async def delete(request: Request, body: ItemDelete) -> Response:
    """Delete an item, if there is one of that key."""
    await _service(request).delete(body)
    return Response(status_code=204)


@router.post("/items/search", response_model=FoundItems, responses=refusals(400, 503))
async def search(request: Request, body: ItemSearch) -> Response:
    """List items, the nearest in meaning to `query` or the last updated first."""
    return WireResponse({"items": await _service(request).search(body)})


@router.post("/namespaces", response_model=Namespaces)
async def namespaces(request: Request, body: NamespaceSearch) -> Response:
    """List the namespaces that hold items."""
    return WireResponse({"namespaces": await _service(request).namespaces(body)})
