"""What a planning agent says about its plan while it works: the objects with a `type` on the `custom` stream.

Payloads come from whichever agent the server runs, so unknown keys are ignored and everything shown is optional.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, TypeAdapter, ValidationError


class _Payload(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Hit(_Payload):
    """One passage that was found; a higher score is a better match."""

    source: str = ""
    title: str = ""
    text: str = ""
    score: float | None = None
    kind: str = ""


class RetrievalHits(_Payload):
    """The passages that the answer may lean on."""

    type: Literal["retrieval.hits"]
    query: str = ""
    hits: tuple[Hit, ...] = ()


class RetrievalFailed(_Payload):
    """Nothing could be looked up; the answer goes on without."""

    type: Literal["retrieval.failed"]
    reason: str = ""


class MissingServer(_Payload):
    """A server of tools that could not be asked."""

    name: str = ""
    reason: str = ""


class ToolsUnavailable(_Payload):
    """Tools of other servers are missing in this turn."""

    type: Literal["tools.unavailable"]
    servers: tuple[MissingServer, ...] = ()


class RenderedText(_Payload):
    """A change in words, as the agent renders it."""

    plain: str = ""
    markdown: str = ""


class Change(_Payload):
    """One change of one item, or, without an id, of the plan itself; `needs` are changes that it cannot do without."""

    change_id: str = ""
    id: str | None = None
    title: str = ""
    kind: str = "changed"
    text: str = ""
    needs: tuple[str, ...] = ()


class PlanDiff(_Payload):
    """What a proposal would change in the plan."""

    type: Literal["plan.diff"]
    plan_id: str | None = None
    base_version: int | None = None
    summary: str = ""
    changes: tuple[Change, ...] = ()
    text: RenderedText = RenderedText()


class PlanDraft(_Payload):
    """A first plan, before it is checked and saved."""

    type: Literal["plan.draft"]
    plan_id: str | None = None
    title: str = ""
    summary: str = ""
    assumptions: tuple[str, ...] = ()
    text: RenderedText = RenderedText()


class Issue(_Payload):
    """One finding of the plan's rules."""

    code: str = ""
    severity: str = "info"
    message: str = ""
    ids: tuple[str, ...] = ()


class PlanIssues(_Payload):
    """What the plan's rules say about a proposal."""

    type: Literal["plan.issues"]
    issues: tuple[Issue, ...] = ()


class PlanVersion(_Payload):
    """A version that was saved."""

    type: Literal["plan.version"]
    plan_id: str | None = None
    version: int | None = None
    kind: str = ""


class Conflict(_Payload):
    """One thing that others changed meanwhile, too; `kept` says whose change stands."""

    kind: str = "field"
    pointer: str = ""
    id: str | None = None
    path: tuple[str, ...] = ()
    base: JsonValue = None
    ours: JsonValue = None
    theirs: JsonValue = None
    kept: str = "theirs"


class PlanConflict(_Payload):
    """A change met another one of the same thing."""

    type: Literal["plan.conflict"]
    head: int | None = None
    conflicts: tuple[Conflict, ...] = ()


class MemorySaved(_Payload):
    """A fact that later conversations will know."""

    type: Literal["memory.saved"]
    text: str = ""


class MemoryForgotten(_Payload):
    """A fact that is no longer known."""

    type: Literal["memory.forgotten"]
    text: str = ""


class MemoryFailed(_Payload):
    """Nothing of the turn could be remembered."""

    type: Literal["memory.failed"]
    reason: str = ""


class Summarised(_Payload):
    """The beginning of the conversation became a summary."""

    type: Literal["summary"]
    removed: int = 0


class SafetyChecked(_Payload):
    """A rule found something in what the person wrote; what there is to say of it is said in the answer."""

    type: Literal["safety.checked"]
    code: str = ""
    outcome: str = ""


class Resource(_Payload):
    """Where help is to be had."""

    label: str = ""
    contact: str = ""


class SafetyEscalated(_Payload):
    """A red flag was answered with fixed words."""

    type: Literal["safety.escalated"]
    level: str = ""
    resources: tuple[Resource, ...] = ()


class OtherEvent(_Payload):
    """An event of a type that this client has no picture for."""

    type: str
    data: dict[str, JsonValue] = {}


PlanEvent = (
    RetrievalHits
    | RetrievalFailed
    | ToolsUnavailable
    | PlanDiff
    | PlanDraft
    | PlanIssues
    | PlanVersion
    | PlanConflict
    | MemorySaved
    | MemoryForgotten
    | MemoryFailed
    | Summarised
    | SafetyChecked
    | SafetyEscalated
)

_PLAN_EVENT: TypeAdapter[PlanEvent] = TypeAdapter(Annotated[PlanEvent, Field(discriminator="type")])


def read_plan_event(payload: Any) -> PlanEvent | OtherEvent | None:
    """The event that `payload` is: `OtherEvent` if its type or shape is not known here, None if it has no type."""
    if not isinstance(payload, dict) or not isinstance(payload.get("type"), str):
        return None
    try:
        return _PLAN_EVENT.validate_python(payload)
    except ValidationError:
        return OtherEvent(type=payload["type"], data={k: v for k, v in payload.items() if k != "type"})
