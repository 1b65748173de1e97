"""From a cron's payload to the run that it asks for."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from server.crons.schemas import OnRunCompleted, ThreadCronCreate
from server.runs.schemas import RunBody, RunCreate

CRON_ID = "cron_id"
"""Where in `configurable` a run's graph finds which cron started it."""

SCHEDULED_AT = "cron_scheduled_at"
"""Where it finds the moment of the schedule that it was started for, in ISO 8601."""

_GIVEN = frozenset(RunBody.model_fields)


def run_request(
    body: ThreadCronCreate, assistant_id: UUID, metadata: Mapping[str, Any], on_run_completed: OnRunCompleted | None
) -> RunCreate:
    """The run of a cron. What only the server says, such as the cron's id, is left out: it is said where the run is admitted."""
    given = body.model_dump(include=set(_GIVEN), exclude_unset=True)
    config = given.get("config")
    if config and config.get("configurable"):
        unmarked = {key: value for key, value in config["configurable"].items() if key not in (CRON_ID, SCHEDULED_AT)}
        given["config"] = {**config, "configurable": unmarked}
    return RunCreate.model_validate(
        {
            **given,
            "assistant_id": str(assistant_id),
            "metadata": dict(metadata),
            "on_completion": on_run_completed,
        }
    )


def marked(payload: Mapping[str, Any], cron_id: UUID) -> dict[str, Any]:
    """A payload that says in its config which cron's it is, as the API shows it."""
    config = payload.get("config") or {}
    configurable = {**(config.get("configurable") or {}), CRON_ID: str(cron_id)}
    return {**payload, "config": {**config, "configurable": configurable}}
