"""What a caller may choose for one run. Nothing here reads the environment; the clock is read in one place only."""

from __future__ import annotations

from datetime import UTC, date, datetime, tzinfo
from typing import Literal
from zoneinfo import ZoneInfo, available_timezones

from langgraph.runtime import Runtime
from pydantic import BaseModel, ConfigDict, Field, field_validator

from agent.persona import Persona

Approval = Literal["auto", "warnings", "always"]

# All of them now, some 0.1 s: later, on the event loop, a zone's file must not be read.
_ZONES: dict[str, tzinfo] = {"UTC": UTC, **{name: ZoneInfo(name) for name in sorted(available_timezones())}}


class Context(BaseModel):
    """Choices of one run: which model answers, for whom, and when a change must be approved first."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    model: str | None = Field(
        default=None,
        title="Model",
        description="Which chat model answers, as provider:name, for example openai:gpt-4o-mini or demo:rules. "
        "Empty means the server's default.",
    )
    user_id: str = Field(default="local", title="User", description="Whose facts and plans these are.")
    timezone: str = Field(default="UTC", title="Time zone", description="IANA name, for example Europe/London.")
    locale: str = Field(default="en-GB", title="Locale", description="Language and region for dates and numbers.")
    approval: Approval = Field(
        default="warnings",
        title="Approval",
        description="When a change to the plan waits for a yes: auto (never), warnings (when it brings a warning) "
        "or always.",
    )
    now: datetime | None = Field(
        default=None,
        title="Now",
        description="The moment this run takes for the present (ISO 8601). Empty means the real clock.",
    )
    history_tokens: int | None = Field(
        default=None,
        ge=200,
        le=1_000_000,
        title="History",
        description="How many tokens of the conversation a prompt may carry before its beginning is summarised. Empty "
        "means the server's HISTORY_TOKENS, else 12000.",
    )
    injuries: list[str] = Field(
        default_factory=list,
        title="Injuries",
        description="Current complaints, for example shin splints; plans are checked against them.",
    )
    emergency_number: str | None = Field(
        default=None,
        max_length=32,
        title="Emergency number",
        description="What to call in an emergency where the person is. Empty means the server's EMERGENCY_NUMBER, "
        "else the one of the locale's region.",
    )

    persona: Persona | None = Field(
        default=None,
        title="Persona",
        description="Who answers: a name, a way of speaking, tools and a model of their own.",
    )
    personas: list[Persona] = Field(
        default_factory=list,
        max_length=20,
        title="Personas",
        description="Who is in a room; the first is the host. Empty means the usual ones.",
    )

    @field_validator("timezone")
    @classmethod
    def _known_timezone(cls, value: str) -> str:
        if value not in _ZONES:
            raise ValueError(f"{value!r} is not an IANA time zone such as Europe/London")
        return value

    def moment(self) -> datetime:
        """The present, aware, in the caller's time zone."""
        zone = _ZONES[self.timezone]
        if self.now is None:
            return datetime.now(zone)
        return self.now.replace(tzinfo=zone) if self.now.tzinfo is None else self.now.astimezone(zone)

    def today(self) -> date:
        """The calendar day where the caller is."""
        return self.moment().date()


def user_of(runtime: Runtime[Context]) -> str:
    """Whose run this is: the user whom the server authenticated, otherwise whom the caller names."""
    server = runtime.server_info
    if server is not None and server.user is not None:
        return server.user.identity
    return context_of(runtime).user_id


def context_of(runtime: Runtime[Context]) -> Context:
    """The run's context; the defaults when the caller gave none (LangGraph then passes None)."""
    return runtime.context or Context()
