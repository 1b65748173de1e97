"""What a run is executed with: the assistant's config, the thread's and the request's, laid over each other."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from langchain_core.runnables import RunnableConfig

from server.assistants.context import refuse_both
from server.assistants.repository import Assistant
from server.auth.access import NOBODY_KNOWN, Access
from server.auth.users import User
from server.graph_commands import command_of
from server.runs.repository import Run
from server.runs.schemas import ProtocolRunCreate, RunCreate
from server.runs.traced import stored_for_trace
from server.threads.repository import Thread
from server.tracing.facts import root_id

PROTOCOL_KEY = "__event_streaming_v2"
"""Is true in the `configurable` of runs that emit the events of event streaming v2."""

PROTOCOL_MODES = ("values", "updates", "messages", "tools", "lifecycle", "custom", "tasks", "checkpoints")
"""The stream modes that such runs show."""

RESERVED = frozenset(
    {
        PROTOCOL_KEY,
        "run_id",
        "thread_id",
        "graph_id",
        "assistant_id",
        "checkpoint_ns",
        "checkpoint_map",
        "langgraph_auth_user",
        "langgraph_auth_user_id",
        "langgraph_auth_permissions",
    }
)
"""Keys of `configurable` that the server sets; a caller's values for them are dropped."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """What admission stores: the run's kwargs and metadata, and the config that the thread keeps."""

    kwargs: dict[str, Any]
    metadata: dict[str, Any]
    thread_config: dict[str, Any]


def resolve(
    request: RunCreate, assistant: Assistant, thread: Thread | None, access: Access, *, temporary: bool
) -> Resolved:
    """The run that `request` asks for, as its caller's. Raises `Invalid` if it gives both `config.configurable` and `context`."""
    given: dict[str, Any] = (
        request.config.model_dump(exclude_none=True, include=_CONFIG_FIELDS) if request.config else {}
    )
    refuse_both(given.get("configurable"), request.context)
    kept = thread.config if thread else {}
    # of what the thread keeps, a later run takes the configurable only
    config = _layer(assistant.config, {"configurable": kept.get("configurable", {})}, given)
    metadata = {
        **assistant.metadata,
        **(thread.metadata if thread else {}),
        **given.get("metadata", {}),
        **(request.metadata or {}),
        "graph_id": assistant.graph_id,
        "assistant_id": str(assistant.assistant_id),
    }
    context = {**assistant.context, **(request.context or choices_in(given))}
    thread_config = {
        **_layer(assistant.config, kept, given),
        "configurable": {**assistant.config.get("configurable", {}), **kept.get("configurable", {})},
    }
    kwargs = {
        **_kwargs(request, config, access),
        "context": context,
        "temporary": temporary,
        "trace": stored_for_trace(assistant.version, access),
    }
    return Resolved(kwargs, metadata, thread_config)


def _kwargs(request: RunCreate, config: dict[str, Any], access: Access) -> dict[str, Any]:
    """The API's kwargs of a run with this config, but for its context."""
    by_protocol = isinstance(request, ProtocolRunCreate)
    # nodes may read context in either place; a header that the project asks for is not for the body to say
    configurable = {**config["configurable"], **(request.context or {}), **access.headers}
    return {
        "input": request.input,
        "command": request.command.model_dump(exclude_unset=True) if request.command else None,
        "config": {
            **config,
            "configurable": {
                **{k: v for k, v in configurable.items() if k not in RESERVED},
                **_tracer(request),
                **({PROTOCOL_KEY: True} if by_protocol else {}),
                **access.identity,
            },
        },
        "stream_mode": list(PROTOCOL_MODES if by_protocol else request.stream_mode),
        "interrupt_before": request.interrupt_before,
        "interrupt_after": request.interrupt_after,
        "webhook": request.webhook,
        "feedback_keys": request.feedback_keys,
        "subgraphs": request.stream_subgraphs,
        "resumable": request.stream_resumable,
        "checkpoint_during": _durability(request) != "exit",
        "durability": _durability(request),
        "checkpoint": _checkpoint(request),
    }


def runnable_config(run: Run) -> RunnableConfig:
    """The config that the graph is run with. Nodes see the run's ids in `configurable`, traces in `metadata`."""
    stored: dict[str, Any] = run.kwargs["config"]
    ids = {
        "run_id": str(run.run_id),
        "thread_id": str(run.thread_id),
        "graph_id": run.graph_id,
        "assistant_id": str(run.assistant_id),
    }
    configurable: dict[str, Any] = {
        **NOBODY_KNOWN,
        **stored.get("configurable", {}),
        **ids,
        "checkpoint_ns": "",
        **(run.kwargs["checkpoint"] or {}),
    }
    config: RunnableConfig = {
        "configurable": configurable,
        "metadata": {**stored.get("metadata", {}), **run.metadata, **ids, "run_attempt": run.attempt},
        "tags": stored.get("tags", []),
        "run_name": run.graph_id,
    }
    config["run_id"] = root_id(run.run_id, run.attempt)  # the trace's root is the run; a retry gets a trace of its own
    if "recursion_limit" in stored:
        config["recursion_limit"] = stored["recursion_limit"]
    return config


def is_protocol(run: Run) -> bool:
    """Whether the run emits the events of event streaming v2, not those of the classic streams."""
    return bool(run.kwargs["config"].get("configurable", {}).get(PROTOCOL_KEY))


def user_of(run: Run) -> User | None:
    """Who started the run; None if the project has no `auth`."""
    known = run.kwargs["config"].get("configurable", {}).get("langgraph_auth_user")
    return User(known) if known else None


def choices_in(config: Mapping[str, Any]) -> dict[str, Any]:
    """What `configurable` says that is no business of the server's: what a caller means by it may be context as well."""
    configurable: dict[str, Any] = config.get("configurable", {})
    return {k: v for k, v in configurable.items() if k not in RESERVED and not k.startswith("__")}


def graph_input(run: Run) -> Any:
    """What the graph is started with: a `Command`, or the input as it came."""
    command = run.kwargs["command"]
    if command is None:
        return run.kwargs["input"]
    return command_of(command.get("resume"), command.get("update"), command.get("goto"))


_CONFIG_FIELDS = {"tags", "recursion_limit", "configurable", "metadata"}


def _layer(*layers: dict[str, Any]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for layer in layers:
        for key, value in layer.items():
            both_objects = key in ("configurable", "metadata") and isinstance(merged.get(key), dict)
            merged[key] = {**merged[key], **value} if both_objects else value
    return merged


def _tracer(request: RunCreate) -> dict[str, str]:
    chosen = request.langsmith_tracer
    named = (
        {"__langsmith_project__": chosen.project_name, "__langsmith_example_id__": chosen.example_id} if chosen else {}
    )
    return {key: str(value) for key, value in named.items() if value is not None}


def _durability(request: RunCreate) -> str:
    if request.durability is not None:
        return request.durability
    return "exit" if request.checkpoint_during is False else "async"


def _checkpoint(request: RunCreate) -> dict[str, Any] | None:
    named: dict[str, Any] = {}
    if request.checkpoint is not None:
        named = request.checkpoint.model_dump(mode="json", exclude_none=True, exclude={"thread_id"}, exclude_unset=True)
        named = {
            key: value for key, value in named.items() if key in ("checkpoint_id", "checkpoint_ns", "checkpoint_map")
        }
    if request.checkpoint_id is not None:
        named["checkpoint_id"] = str(request.checkpoint_id)
    return named or None
