"""Memories over HTTP, on whatever LangGraph server this app is part of."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from agent.memory.facts import Kind
from server.errors import Malformed
from server.product.callers import caller_of
from server.product.memories import examples
from server.product.memories.schemas import ForgottenOut, FoundOut, MemoriesOut, MemoryOut, Refusal
from server.product.memories.service import MemoryService
from server.product.plans.route import PlanRoute
from server.wire_json import WireResponse

NOBODY = "local"
"""Whose memories are meant where nobody is authenticated and the request names nobody, as in a run's context."""

router = APIRouter(tags=["Memories"], route_class=PlanRoute)
Responses = dict[int | str, dict[str, Any]]
NOT_FOUND: Responses = {
    404: {"model": Refusal, "description": "There is no such memory.", "content": examples.NOT_FOUND}
}


def service_for(
    request: Request,
    user_id: Annotated[
        str | None,
        Query(max_length=200, description="Whose; only where callers are not authenticated. `local` if left out."),
    ] = None,
) -> MemoryService:
    """The memories of the caller whom the server authenticated, else of whom the request names."""
    caller = caller_of(request)
    if caller is None:
        return MemoryService(user_id or NOBODY)
    if user_id not in (None, caller):
        raise Malformed("leave out user_id: callers see their own memories here")
    return MemoryService(caller)


Service = Annotated[MemoryService, Depends(service_for)]
MemoryId = Annotated[str, Path(max_length=200, description="The memory's id")]


@router.get("/memories", response_model=MemoriesOut, responses={200: {"content": examples.MEMORIES}})
async def list_memories(
    service: Service,
    kind: Annotated[Kind | None, Query(description="Only these.")] = None,
    query: Annotated[
        str | None, Query(min_length=1, max_length=1000, description="Find what bears on this, messages as well.")
    ] = None,
) -> Response:
    """List what is remembered of a person, each with where it came from; with a query, also what bears on it."""
    facts = [MemoryOut.of(fact) for fact in await service.all(kind)]
    found = [FoundOut.of(one) for one in await service.search(query)] if query is not None else []
    return WireResponse(MemoriesOut(memories=facts, found=found))


@router.get(
    "/memories/{memory_id}",
    response_model=MemoryOut,
    responses={200: {"content": examples.MEMORY}, **NOT_FOUND},
)
async def read_memory(service: Service, memory_id: MemoryId) -> Response:
    """Read one of them."""
    return WireResponse(MemoryOut.of(await service.one(memory_id)))


@router.delete("/memories/{memory_id}", status_code=204, responses={204: {"description": "Forgotten."}, **NOT_FOUND})
async def forget_memory(service: Service, memory_id: MemoryId) -> Response:
    """Forget one of them."""
    await service.forget(memory_id)
    return Response(status_code=204)


@router.delete("/memories", response_model=ForgottenOut, responses={200: {"content": examples.FORGOTTEN}})
async def forget_everything(
    service: Service,
    messages: Annotated[bool, Query(description="Also what was said: it is recalled no more.")] = True,
) -> Response:
    """Forget everything about a person. Threads and plans stay; delete them where they are."""
    facts, said = await service.forget_all(messages=messages)
    return WireResponse(ForgottenOut(facts=facts, messages=said))
