"""Webhook deliveries over HTTP: ours, not the LangGraph API's."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from server.auth.middleware import access_of
from server.paging import MAX_OFFSET
from server.refusals import refusals
from server.requests import DeliveryId, RunId, ThreadId, WireRoute
from server.webhooks.repository import DeliveryStatus
from server.webhooks.schemas import DeliveryOut, to_wire
from server.webhooks.service import WebhookService
from server.wire_json import WireResponse

router = APIRouter(tags=["webhooks"], route_class=WireRoute, responses=refusals(422))

_OF_RUN = "/threads/{thread_id}/runs/{run_id}/webhook"


def _service(request: Request) -> WebhookService:
    service: WebhookService = request.app.state.webhooks
    return service.on_behalf_of(access_of(request))


@router.get(_OF_RUN, response_model=DeliveryOut, responses=refusals(404))
async def get(request: Request, thread_id: ThreadId, run_id: RunId) -> Response:
    """What became of a run's webhook; also when the run or its thread is gone by now."""
    return WireResponse(to_wire(await _service(request).get(thread_id, run_id)))


@router.post(_OF_RUN, response_model=DeliveryOut, responses=refusals(404, 409))
async def send_again(request: Request, thread_id: ThreadId, run_id: RunId) -> Response:
    """Send a run's webhook again that was given up."""
    return WireResponse(to_wire(await _service(request).send_again(thread_id, run_id)))


@router.post("/webhooks/deliveries/{delivery_id}", response_model=DeliveryOut, responses=refusals(404, 409))
async def send_one_again(request: Request, delivery_id: DeliveryId) -> Response:
    """Send a webhook, or a push notification of an A2A task, again that was given up."""
    return WireResponse(to_wire(await _service(request).send_again_by_id(delivery_id)))


@router.get("/webhooks/deliveries", response_model=list[DeliveryOut])
async def page(
    request: Request,
    status: DeliveryStatus | None = None,
    limit: Annotated[int, Query(ge=0, le=1000)] = 10,
    offset: Annotated[int, Query(ge=0, le=MAX_OFFSET)] = 0,
) -> Response:
    """Webhooks that were sent or are to be, newest first."""
    deliveries = await _service(request).page(status=status, limit=limit, offset=offset)
    return WireResponse([to_wire(delivery) for delivery in deliveries])
