"""What the commands that touch runs and states are given. Keys may be spelt in camelCase or snake_case; null is absent."""

from typing import Any, TypeVar
from uuid import UUID

from pydantic import ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from server.error_handlers import explained
from server.protocols.events.envelopes import Command, CommandError
from server.requests import RequestModel, noting_unknown_keys
from server.runs.schemas import ProtocolRunCreate, RunCheckpoint, RunCommand, RunConfig, RunCreate, SendTo

Params = TypeVar("Params", bound=RequestModel)

_CHECKPOINT = "config.configurable.checkpoint_id"
_MAY_BE_NULL = ("input", "response")


class RunOptions(RequestModel):
    """How a run is to be executed, whatever starts it."""

    model_config = ConfigDict(alias_generator=to_camel, extra="allow", populate_by_name=True)

    config: RunConfig | None = None
    metadata: dict[str, Any] | None = None
    context: dict[str, Any] | None = None
    webhook: Any = None
    interrupt_before: Any = None
    interrupt_after: Any = None
    multitask_strategy: Any = None
    durability: Any = None
    after_seconds: Any = None
    feedback_keys: Any = None
    langsmith_tracer: Any = None


class RunStartParams(RunOptions):
    """Start a run."""

    assistant_id: str
    input: Any = None
    command: RunCommand | None = None
    checkpoint: RunCheckpoint | None = None
    checkpoint_id: UUID | None = None


class InputRespondParams(RunOptions):
    """Answer interrupts; `InputAnswers` has read the answers themselves."""

    update: dict[str, Any] | list[tuple[str, Any]] | None = None
    goto: str | SendTo | list[str | SendTo] | None = None
    namespace: Any = None
    interrupt_id: Any = None
    response: Any = None
    responses: Any = None


class StateForkParams(RunOptions):
    """Start a run at an earlier checkpoint."""

    checkpoint_id: UUID
    input: Any = None


class InjectedMessage(RequestModel):
    """A message for the thread's conversation."""

    role: str = Field(pattern="^(user|system)$")
    content: str
    name: str | None = None


class InputInjectParams(RequestModel):
    """Give the thread's graph a message."""

    namespace: list[str] = Field(default_factory=list)
    message: InjectedMessage


class StateGetParams(RequestModel):
    """Read a state."""

    namespace: list[str] = Field(default_factory=list)
    keys: list[str] | None = None


class ListCheckpointsParams(RequestModel):
    """List checkpoints, newest first."""

    namespace: list[str] = Field(default_factory=list)
    limit: int = Field(10, ge=1, le=1000)
    before: UUID | None = None


class AgentGetTreeParams(RequestModel):
    """Show the graphs of a run."""

    model_config = ConfigDict(alias_generator=to_camel, extra="allow", populate_by_name=True)

    run_id: str | None = None


def read(kind: type[Params], command: Command) -> Params:
    """The command's params as that model. Raises `CommandError` with what is wrong where."""
    present = {key: value for key, value in command.params.items() if value is not None or key in _MAY_BE_NULL}
    try:
        with noting_unknown_keys(refuse=command.strict) as unknown:
            params = kind.model_validate(present)
    except ValidationError as error:
        raise _invalid(error) from error
    command.unknown.extend(unknown)
    return params


def run_of(options: RunOptions, assistant_id: str, **given: Any) -> ProtocolRunCreate:
    """The run that a command asks for, of that assistant; `given` is what the command itself says.

    `config.configurable.checkpoint_id`, as clients name the checkpoint to start from, becomes the run's own. Raises
    `CommandError`.
    """
    asked = {
        name: getattr(options, name)
        for name in options.model_fields_set & RunCreate.model_fields.keys() & RunOptions.model_fields.keys()
    }
    configurable = dict(options.config.configurable or {}) if options.config else {}
    if options.config is not None and "checkpoint_id" in configurable:
        given.setdefault("checkpoint_id", _checkpoint_id(configurable.pop("checkpoint_id")))
        asked["config"] = options.config.model_copy(update={"configurable": configurable})
    try:
        return ProtocolRunCreate.model_validate(
            {**asked, **given, "assistant_id": assistant_id, "if_not_exists": "create"}
        )
    except ValidationError as error:
        raise _invalid(error) from error


def _checkpoint_id(given: object) -> UUID:
    if not isinstance(given, str) or not given:
        raise CommandError("invalid_argument", f"{_CHECKPOINT} must be a non-empty string.")
    try:
        return UUID(given)
    except ValueError as error:
        raise CommandError("invalid_argument", f"Invalid {_CHECKPOINT}: {given!r}.") from error


def _invalid(error: ValidationError) -> CommandError:
    problems = [explained(dict(problem)) for problem in error.errors()]
    return CommandError("invalid_argument", "; ".join(dict.fromkeys(problems)))
