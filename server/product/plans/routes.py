"""Plans over HTTP, on whatever LangGraph server this app is part of."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Header, Path, Query, Request, Response

from agent.plan import connections
from agent.plan.calendar import as_calendar
from agent.plan.json_patch import to_json_patch
from agent.plan.page import as_markdown
from agent.plan.records import Settlement
from agent.plan.render import render
from agent.plan.repository import PlanRepository
from server.product.callers import caller_of
from server.product.plans import examples
from server.product.plans.errors import PreconditionRequired
from server.product.plans.formats import chosen_format
from server.product.plans.preconditions import Precondition, entity_tag
from server.product.plans.route import PlanRoute
from server.product.plans.schemas import (
    ChangedOut,
    ComparisonOut,
    ConflictRefusal,
    DiffFormat,
    Format,
    MovedRefusal,
    PlanChange,
    PlanEdit,
    PlanOut,
    PlanPage,
    PlanWithContent,
    ProblemsRefusal,
    Refusal,
    RestoreBody,
    UndoBody,
    VersionOut,
    VersionPage,
    VersionWithChange,
    cursor_of,
    place_of,
)
from server.product.plans.service import Changed, Compared, Edit, PlanService, Read
from server.requests import ThreadId, parse_uuid
from server.wire_json import WireResponse

MARKDOWN = "text/markdown; charset=utf-8"
CALENDAR = "text/calendar; charset=utf-8"
PLAIN = "text/plain; charset=utf-8"
VERSION_HEADER = "x-plan-version"

router = APIRouter(tags=["Plans"], route_class=PlanRoute)


async def service_for(request: Request) -> PlanService:
    """The plans as the caller may see them: the one whom the server authenticated, if it did."""
    user = caller_of(request)
    return PlanService(PlanRepository(await connections.pool()), lambda: datetime.now(UTC), user)


def plan_id_of(plan_id: Annotated[str, Path(description="The plan's id")]) -> UUID:
    """A path's plan id. Raises `Malformed`."""
    return parse_uuid(plan_id, "plan")


Service = Annotated[PlanService, Depends(service_for)]
PlanId = Annotated[UUID, Depends(plan_id_of)]
VersionNumber = Annotated[int | None, Query(ge=1, le=2**31 - 1)]
IfMatch = Annotated[str | None, Header(description="The ETag of the plan that the change was made for, or *.")]
Accept = Annotated[str | None, Header()]

Responses = dict[int | str, dict[str, Any]]
NOT_FOUND: Responses = {404: {"model": Refusal, "description": "There is no such plan or version."}}
CHANGE_REFUSALS: Responses = {
    **NOT_FOUND,
    409: {"model": ConflictRefusal, "description": "Others changed the same things.", "content": examples.CONFLICT},
    412: {"model": MovedRefusal, "description": "The plan is another one than If-Match says."},
    422: {"model": ProblemsRefusal, "description": "The change cannot be made.", "content": examples.PROBLEMS},
}


@router.get("/plans", response_model=PlanPage)
async def list_plans(
    service: Service,
    thread_id: Annotated[UUID | None, Query(description="Only of this thread.")] = None,
    domain: Annotated[str | None, Query(description="Only of this domain, such as running.")] = None,
    owner: Annotated[str | None, Query(description="Only of this user.")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: Annotated[str | None, Query(description="`next` of the page before.")] = None,
) -> Response:
    """List plans, newest first."""
    place = place_of(cursor) if cursor is not None else None
    found = await service.page(limit + 1, thread_id, domain, owner, place)
    following = cursor_of(found[limit - 1]) if len(found) > limit else None
    return WireResponse(PlanPage(plans=[PlanOut.of(plan) for plan in found[:limit]], next=following))


@router.get(
    "/plans/{plan_id}",
    response_model=PlanWithContent,
    responses={
        200: {"content": examples.PLAN},
        304: {"description": "Not changed since If-None-Match."},
        406: {"model": Refusal},
        **NOT_FOUND,
    },
)
async def read_plan(
    service: Service,
    plan_id: PlanId,
    version: VersionNumber = None,
    format: Annotated[Format | None, Query(description="Instead of Accept.")] = None,  # noqa: A002
    accept: Accept = None,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """Read a plan, as it is or as it was in a version, as JSON, a Markdown page or a calendar. The ETag is its content's hash."""
    return await _shown(service, await service.read(plan_id, version), format, accept, if_none_match)


@router.get(
    "/threads/{thread_id}/plan",
    response_model=PlanWithContent,
    responses={200: {"content": examples.PLAN}, **NOT_FOUND},
)
async def read_plan_of_thread(
    service: Service,
    thread_id: ThreadId,
    format: Annotated[Format | None, Query(description="Instead of Accept.")] = None,  # noqa: A002
    accept: Accept = None,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """Read the plan that a thread works on."""
    return await _shown(service, await service.of_thread(thread_id), format, accept, if_none_match)


@router.patch(
    "/plans/{plan_id}",
    response_model=ChangedOut,
    responses={**CHANGE_REFUSALS, 428: {"model": Refusal, "description": "If-Match is missing."}},
    openapi_extra={"requestBody": {"content": examples.JSON_PATCH_BODY}},
)
async def change_plan(
    service: Service,
    plan_id: PlanId,
    change: Annotated[PlanChange, Body(openapi_examples=examples.CHANGES)],
    if_match: IfMatch = None,
    merge: Annotated[
        bool, Query(description="Carry the change over, if the plan has moved on since If-Match.")
    ] = False,
) -> Response:
    """Change a plan by a JSON Patch, or by typed operations; all of it or nothing.

    With `merge=1` a change that was made for an older version is merged onto the current one, field by field. What both
    changed differently is answered with 409 and the conflicts; the same request with `resolutions` settles them.
    """
    expected = Precondition.parse(if_match)
    if expected is None:
        raise PreconditionRequired(
            'say which plan this is for: If-Match: "<the ETag of GET>" (or * for whatever it is)'
        )
    given = change if isinstance(change, PlanEdit) else PlanEdit(patch=change)
    settlement = Settlement(given.resolutions, given.head) if given.resolutions else None
    edit = Edit(given.ops, given.patch, given.rationale)
    return _changed(await service.edit(plan_id, edit, expected, merge=merge, settlement=settlement))


@router.get("/plans/{plan_id}/versions", response_model=VersionPage, responses={**NOT_FOUND})
async def list_versions(
    service: Service,
    plan_id: PlanId,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    before: Annotated[int | None, Query(ge=1, le=2**31 - 1, description="`next` of the page before.")] = None,
) -> Response:
    """List a plan's versions, newest first, without their content."""
    found = await service.versions(plan_id, limit + 1, before)
    following = found[limit - 1].version if len(found) > limit else None
    return WireResponse(VersionPage(versions=[VersionOut.of(one) for one in found[:limit]], next=following))


@router.get("/plans/{plan_id}/versions/{version}", response_model=VersionWithChange, responses={**NOT_FOUND})
async def read_version(
    service: Service, plan_id: PlanId, version: Annotated[int, Path(ge=1, le=2**31 - 1)]
) -> Response:
    """Read what a version changed: its operations, and the patch both ways. Its content is the plan's, with `?version=`."""
    return WireResponse(VersionWithChange.of((await service.read(plan_id, version)).version))


@router.get(
    "/plans/{plan_id}/diff",
    response_model=ComparisonOut,
    responses={200: {"content": examples.COMPARISON}, **NOT_FOUND},
)
async def compare_versions(
    service: Service,
    plan_id: PlanId,
    start: Annotated[int | None, Query(alias="from", ge=1, le=2**31 - 1)] = None,
    end: Annotated[int | None, Query(alias="to", ge=1, le=2**31 - 1)] = None,
    format: Annotated[DiffFormat | None, Query(description="Instead of Accept.")] = None,  # noqa: A002
    accept: Accept = None,
) -> Response:
    """Compare any two versions; by default the current one with the one before it."""
    offered = {
        "json": "application/json",
        "patch": "application/json-patch+json",
        "markdown": "text/markdown",
        "plain": "text/plain",
    }
    return _compared(await service.compare(plan_id, start, end), chosen_format(offered, format, accept))


@router.post("/plans/{plan_id}/undo", response_model=ChangedOut, responses={**CHANGE_REFUSALS})
async def undo_change(
    service: Service,
    plan_id: PlanId,
    undo: Annotated[UndoBody | None, Body(openapi_examples=examples.UNDOS)] = None,
    if_match: IfMatch = None,
) -> Response:
    """Undo a version's change, and keep the changes that came after it. The undo is a new version."""
    asked = undo or UndoBody()
    return _changed(await service.undo(plan_id, asked.version, Precondition.parse(if_match), asked.resolutions))


@router.post("/plans/{plan_id}/restore", response_model=ChangedOut, responses={**CHANGE_REFUSALS})
async def restore_version(
    service: Service,
    plan_id: PlanId,
    restore: Annotated[RestoreBody, Body(openapi_examples=examples.RESTORES)],
    if_match: IfMatch = None,
) -> Response:
    """Make a version's content the plan again, as a new version."""
    return _changed(await service.restore(plan_id, restore.version, Precondition.parse(if_match)))


async def _shown(
    service: Service, read: Read, asked: Format | None, accept: str | None, if_none_match: str | None
) -> Response:
    offered = {"json": "application/json", "markdown": "text/markdown", "ics": "text/calendar"}
    form = chosen_format(offered, asked, accept)
    headers = _headers(read.version.hash, read.version.version, weak=form != "json")
    known = Precondition.parse(if_none_match)
    if known is not None and known.holds_for(read.version.hash):
        return Response(status_code=304, headers=headers)
    if form == "ics":
        calendar = as_calendar(read.version, await service.removed(read))
        return Response(calendar, media_type=CALENDAR, headers=headers)
    if form == "markdown":
        return Response(as_markdown(read.version.document), media_type=MARKDOWN, headers=headers)
    return WireResponse(PlanWithContent.of_read(read), headers=headers)


def _compared(compared: Compared, form: str) -> Response:
    before, after = compared.before.document, compared.after.document
    if form == "json":
        return WireResponse(ComparisonOut.of(compared).model_dump(by_alias=True))
    if form == "patch":
        return WireResponse(to_json_patch(compared.change), media_type="application/json-patch+json")
    styles: dict[str, Literal["markdown", "terminal"]] = {"markdown": "markdown", "terminal": "terminal"}
    text = render(compared.change, before, after, style=styles.get(form, "plain"))
    return Response(text + "\n", media_type=MARKDOWN if form == "markdown" else PLAIN)


def _changed(done: Changed) -> Response:
    return WireResponse(ChangedOut.of(done), headers=_headers(done.current.hash, done.current.version))


def _headers(content: str, version: int, *, weak: bool = False) -> dict[str, str]:
    return {
        "etag": entity_tag(content, weak=weak),
        VERSION_HEADER: str(version),
        "vary": "accept",
        "cache-control": "private, no-cache",
    }
