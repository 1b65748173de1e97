"""From settings and `langgraph.json` to the options of tracing. What is unclear about redaction stops the start."""

from typing import Any

import structlog

from server.errors import StartupError
from server.langgraph_json import ProjectConfig
from server.project_code import load_named
from server.settings import Settings
from server.tracing.client import DEFAULT_URL
from server.tracing.policy import GraphPolicy, Redactor
from server.tracing.secrets import known_secrets
from server.tracing.service import TracingOptions

log = structlog.get_logger("planloom.tracing")


def tracing_options(settings: Settings, project: ProjectConfig) -> TracingOptions | None:
    """How to trace; None if that is off. The project's code must be importable by now. Raises `StartupError`."""
    _require_known_graphs(settings, project)
    if not settings.langsmith_tracing:
        if settings.langsmith_api_key is not None:
            log.info("LANGSMITH_API_KEY is set, but nothing is traced: LANGSMITH_TRACING=true turns that on")
        return None
    if settings.langsmith_api_key is None:
        log.warning("LANGSMITH_TRACING is on, but nothing is traced: set LANGSMITH_API_KEY")
        return None
    redactor = _redactor(project)
    graphs = {graph_id: project.tracing.of(graph_id) for graph_id in project.graphs}
    return TracingOptions(
        url=settings.langsmith_endpoint or DEFAULT_URL,
        api_key=settings.langsmith_api_key.get_secret_value(),
        project=settings.langsmith_project,
        sampling_rate=settings.langsmith_tracing_sampling_rate,
        most_pending=settings.langsmith_tracing_queue_max_size,
        user_salt=settings.tracing_user_salt.get_secret_value() if settings.tracing_user_salt else "",
        revision_id=settings.revision_id,
        policies={graph_id: _policy(settings, project, graph_id, redactor) for graph_id in graphs},
        projects={graph_id: spec.project for graph_id, spec in graphs.items() if spec.project is not None},
        secrets=(*settings.secrets(), *known_secrets()),
    )


def _policy(settings: Settings, project: ProjectConfig, graph_id: str, redactor: Redactor | None) -> GraphPolicy:
    spec = project.tracing.of(graph_id)
    hide = spec.hide and graph_id not in settings.tracing_show
    return GraphPolicy(
        graph_id,
        hide_inputs=hide or settings.langsmith_hide_inputs,
        hide_outputs=hide or settings.langsmith_hide_outputs,
        hide_metadata=hide or settings.langsmith_hide_metadata,
        excluded=frozenset(spec.exclude),
        redactor=redactor,
    )


def _require_known_graphs(settings: Settings, project: ProjectConfig) -> None:
    """A graph whose name is misspelt would not be hidden."""
    served = ", ".join(project.graphs)
    for graph_id in project.tracing.graphs:
        if graph_id not in project.graphs:
            raise StartupError(f"langgraph.json: tracing.graphs: there is no graph {graph_id!r}; there are {served}")
    for graph_id in settings.tracing_show:
        if graph_id not in project.graphs:
            raise StartupError(f"TRACING_SHOW: there is no graph {graph_id!r}; there are {served}")


def _redactor(project: ProjectConfig) -> Redactor | None:
    path = project.tracing.redactor
    if path is None:
        return None
    found: Any = load_named("tracing.redactor", path, project.folder)
    if not callable(found):
        raise StartupError(f"langgraph.json: tracing.redactor ({path}) is no function")
    redactor: Redactor = found
    return redactor
