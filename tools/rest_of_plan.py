"""What planning anew gives, whatever the plan is about."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class RestOfPlan:
    """All of a plan from the day `start` on, as items by id, and the facts of the plan that are different now."""

    start: datetime.date
    items: dict[str, Any]
    meta: Mapping[str, Any] = field(default_factory=dict)
