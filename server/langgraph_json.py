"""`langgraph.json`: which graphs a project serves, and with what. Paths inside it are relative to the file."""

import os
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import orjson
from dotenv import dotenv_values
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from server.errors import StartupError

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


class GraphSpec(BaseModel):
    """Where a graph is: `./file.py:name` or `package.module:name`, and what it is for."""

    model_config = ConfigDict(extra="forbid")

    path: str
    description: str | None = None

    @field_validator("path")
    @classmethod
    def _names_an_attribute(cls, value: str) -> str:
        module, separator, name = value.rpartition(":")
        if not separator or not module or not name.isidentifier():
            raise ValueError("must be './file.py:name' or 'package.module:name'")
        return value


class HttpSpec(BaseModel):
    """What `http` may say. Keys of the official schema that this version does not serve are refused by name."""

    model_config = ConfigDict(extra="forbid")

    app: str | None = None


class ProjectConfig(BaseModel):
    """A validated `langgraph.json`."""

    model_config = ConfigDict(extra="forbid")

    graphs: dict[str, GraphSpec] = Field(min_length=1)
    dependencies: list[str] = []
    env: dict[str, str] | str | None = None
    http: HttpSpec = HttpSpec()
    folder: Path = Field(exclude=True)

    @field_validator("graphs", mode="before")
    @classmethod
    def _string_form(cls, value: object) -> object:
        if not isinstance(value, dict):
            return value
        return {name: {"path": spec} if isinstance(spec, str) else spec for name, spec in value.items()}

    def apply_env(self) -> None:
        """Put the project's own variables into the environment; what is set already wins.

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
        for name, value in variables.items():
            if value is not None:
                os.environ.setdefault(name, value)


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
    given = {key: value for key, value in content.items() if key not in _OF_NO_EFFECT}
    try:
        return ProjectConfig(**given, folder=path.resolve().parent)
    except ValidationError as error:
        raise StartupError("; ".join(f"{path.name}: {_explain(problem)}" for problem in error.errors())) from error


def _explain(problem: Any) -> str:
    location = [str(part) for part in problem["loc"]]
    where = ".".join(location)
    if problem["type"] == "extra_forbidden":
        known = HttpSpec.model_fields if location[0] == "http" else ProjectConfig.model_fields
        near = get_close_matches(location[-1], [name for name in known if name != "folder"], 1)
        hint = (
            f"; did you mean {near[0]!r}?"
            if near
            else f"; known: {', '.join(name for name in known if name != 'folder')}"
        )
        return f"{where}: this version does not know this key{hint}"
    return f"{where}: {str(problem['msg']).removeprefix('Value error, ')}"
