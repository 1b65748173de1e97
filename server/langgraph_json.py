"""`langgraph.json`: which graphs a project serves, and with what. Paths inside it are relative to the file."""

import os
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args

import orjson
from dotenv import dotenv_values
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from server.errors import StartupError
from server.langgraph_sections import AuthSpec, CheckpointerSpec, GraphSpec, HttpSpec, StoreSpec, WebhooksSpec
from server.langgraph_tracing import TracingSpec

# Keys of the official schema that only concern building or deploying images: read by other tools, of no effect here.
_OF_NO_EFFECT = frozenset(
    {
        "$schema",
        "_INTERNAL_docker_tag",
        "api_version",
        "base_image",
        "dockerfile_lines",
        "image_distro",
        "keep_pkg_tools",
        "node_version",
        "pip_config_file",
        "pip_installer",
        "python_version",
        "source",
        "ui",
        "ui_config",
    }
)
# Keys that do concern serving, but not by this version: naming one must not go unnoticed.
_NOT_SERVED = {
    "encryption": "this version does not encrypt what it stores; use a database that does",
    "priority": "this version starts runs in the order they come",
}


class ProjectConfig(BaseModel):
    """A validated `langgraph.json`."""

    model_config = ConfigDict(extra="forbid")

    graphs: dict[str, GraphSpec] = Field(min_length=1)
    dependencies: list[str] = []
    env: dict[str, str] | str | None = None
    store: StoreSpec = StoreSpec()
    checkpointer: CheckpointerSpec = CheckpointerSpec()
    auth: AuthSpec | None = None
    http: HttpSpec = HttpSpec()
    webhooks: WebhooksSpec = WebhooksSpec()
    mcp_servers: dict[str, dict[str, Any]] | str = Field(
        {}, description="MCP servers whose tools this project's assistants get, or the path of a JSON file of them"
    )
    tracing: TracingSpec = TracingSpec()
    folder: Path = Field(exclude=True)

    @field_validator("graphs", mode="before")
    @classmethod
    def _string_form(cls, value: object) -> object:
        if not isinstance(value, dict):
            return value
        return {name: {"path": spec} if isinstance(spec, str) else spec for name, spec in value.items()}

    @field_validator("store", "checkpointer", "http", "webhooks", "tracing", "mcp_servers", mode="before")
    @classmethod
    def _null_is_absent(cls, value: object) -> object:
        return {} if value is None else value

    def apply_env(self) -> None:
        """Put the project's own variables, its MCP servers among them, into the environment; what is set already wins.

        Raises `StartupError` if `env` names a file that cannot be read. A missing `.env` is fine: it is the usual default.
        """
        if isinstance(self.env, dict):
            variables: dict[str, str | None] = dict(self.env)
        elif self.env:
            path = self.folder / self.env
            if not path.is_file() and path.name != ".env":
                raise StartupError(f"langgraph.json: env: there is no file {path}")
            variables = dotenv_values(path) if path.is_file() else {}
        else:
            variables = {}
        if self.mcp_servers:
            variables = {**variables, "MCP_SERVERS": self._told_mcp_servers()}
        for name, value in variables.items():
            if value is not None:
                os.environ.setdefault(name, value)

    def _told_mcp_servers(self) -> str:
        """As agents read them, on any LangGraph server: JSON, or the path of a file."""
        if isinstance(self.mcp_servers, str):
            return str(self.folder / self.mcp_servers)
        return orjson.dumps(self.mcp_servers).decode()


def read_project(path: Path) -> ProjectConfig:
    """Read and validate the file at `path`. Raises `StartupError` in one line that names the key and what is allowed."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise StartupError(f"cannot read {path}: {error.strerror}; name the file with --config") from error
    try:
        content = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise StartupError(f"{path} is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise StartupError(f"{path} must hold a JSON object")
    for key, reason in _NOT_SERVED.items():
        if content.get(key) is not None:
            raise StartupError(f"{path.name}: {key}: {reason}; remove the key")
    given = {key: value for key, value in content.items() if key not in _OF_NO_EFFECT and key not in _NOT_SERVED}
    if "folder" in given:
        raise StartupError(f"{path.name}: {_unknown('folder', ProjectConfig)}")
    try:
        return ProjectConfig(**given, folder=path.resolve().parent)
    except ValidationError as error:
        raise StartupError("; ".join(f"{path.name}: {_explain(problem)}" for problem in error.errors())) from error


def _explain(problem: Any) -> str:
    location = [str(part) for part in problem["loc"]]
    if problem["type"] == "extra_forbidden":
        section = _section_at(location[:-1])
        return f"{'.'.join(location[:-1])}{'.' if location[1:] else ''}{_unknown(location[-1], section)}"
    return f"{'.'.join(location)}: {str(problem['msg']).removeprefix('Value error, ')}"


def _unknown(key: str, section: type[BaseModel]) -> str:
    known = [name for name in section.model_fields if name != "folder"]
    if section is ProjectConfig:
        known += [name for name in sorted(_OF_NO_EFFECT) if not name.startswith(("$", "_"))]
    near = get_close_matches(key, known, 1)
    hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"
    return f"{key}: this version does not know this key; {hint}"


def _section_at(location: list[str]) -> type[BaseModel]:
    """The model of the section that `location` leads to."""
    section: type[BaseModel] = ProjectConfig
    for part in location:
        field = section.model_fields.get(part)
        if field is not None:
            section = _model_in(field.annotation) or section
    return section


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((model for part in get_args(annotation) if (model := _model_in(part))), None)
