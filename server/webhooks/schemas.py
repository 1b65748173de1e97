"""Response shapes of webhook deliveries."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from server.webhooks.repository import Delivery, DeliveryKind, DeliveryStatus


class AttemptOut(BaseModel):
    """One attempt to send a webhook."""

    attempt: int
    at: datetime
    milliseconds: int = Field(description="from looking the host up to its answer")
    status_code: int | None = Field(description="what the receiver answered; null if it did not")
    error: str | None = Field(description="why there is no answer")


class DeliveryOut(BaseModel):
    """What was told of a run: whether it was delivered, and what came of each attempt."""

    delivery_id: UUID = Field(description="of a run's own webhook the run's")
    kind: DeliveryKind = Field(description="run: its own webhook; a2a: a push notification of an A2A task")
    run_id: UUID
    thread_id: UUID
    run_status: str = Field(
        description="how the run ended: success, error, interrupted or rollback; of a push notification the task's state"
    )
    url: str
    status: DeliveryStatus
    attempts: list[AttemptOut] = Field(description="the newest of them, oldest first")
    max_attempts: int = Field(description="after so many it is given up")
    next_attempt_at: datetime | None = Field(description="null once it is delivered or given up")
    created_at: datetime = Field(description="when the run ended")
    ended_at: datetime | None = Field(description="when it was delivered or given up")


def to_wire(delivery: Delivery) -> dict[str, Any]:
    """A delivery as `DeliveryOut` describes it."""
    return {
        "delivery_id": delivery.delivery_id,
        "kind": delivery.kind,
        "run_id": delivery.run_id,
        "thread_id": delivery.thread_id,
        "run_status": delivery.run_status,
        "url": delivery.url,
        "status": delivery.status,
        "attempts": delivery.attempts,
        "max_attempts": delivery.last_attempt,
        "next_attempt_at": delivery.due_at,
        "created_at": delivery.created_at,
        "ended_at": delivery.ended_at,
    }
