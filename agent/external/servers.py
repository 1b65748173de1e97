"""Which MCP servers give the assistants their tools: `MCP_SERVERS`, in the shape that MCP clients share.

The variable holds JSON, or the path of a JSON file: an object of servers by name, alone or under `mcpServers`. Values
may name variables of the environment, `${NAME}` or `${NAME:-otherwise}`, so that no secret stands in a file.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, TypeAdapter, ValidationError, field_validator

VARIABLE = "MCP_SERVERS"
_NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")
_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")
_TRANSPORTS = {"http": "streamable_http", "streamable-http": "streamable_http"}


class BadServersError(ValueError):
    """`MCP_SERVERS` says what cannot be; the message names the key and what is allowed."""


class _Server(BaseModel):
    """What is said of any server."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    assistants: list[str] | None = Field(None, description="who gets its tools; all if not said")
    tools: list[str] | None = Field(None, description="which of its tools; all if not said")
    timeout: float = Field(30.0, gt=0, le=600, description="seconds that a call may take, the connection included")


class LocalServer(_Server):
    """A server that is started as a program for each use, spoken to over its standard streams."""

    transport: Literal["stdio"] = "stdio"
    command: str = Field(min_length=1)
    args: list[str] = []
    env: dict[str, str] = {}
    cwd: str | None = None


class RemoteServer(_Server):
    """A server at a URL."""

    transport: Literal["streamable_http", "sse"] = "streamable_http"
    url: str
    headers: dict[str, str] = {}

    @field_validator("url")
    @classmethod
    def _is_http(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("must be an http:// or https:// URL")
        return value


Server = LocalServer | RemoteServer
_SERVER: TypeAdapter[Server] = TypeAdapter(
    Annotated[
        Annotated[LocalServer, Tag("stdio")] | Annotated[RemoteServer, Tag("remote")],
        Discriminator(lambda given: "stdio" if given.get("transport", "stdio") == "stdio" else "remote"),
    ]
)


def servers(env: Mapping[str, str] | None = None) -> Mapping[str, Server]:
    """The servers that the environment names. Raises `BadServersError`."""
    env = os.environ if env is None else env
    told = env.get(VARIABLE, "").strip()
    if not told:
        return {}
    text = _text(told)
    variables = {name: env.get(name) for name, _ in _REFERENCE.findall(text)}
    return _servers(text, tuple(variables.items()))


@lru_cache(maxsize=8)
def _servers(text: str, variables: tuple[tuple[str, str | None], ...]) -> Mapping[str, Server]:
    try:
        told = json.loads(text)
    except json.JSONDecodeError as error:
        raise BadServersError(f"{VARIABLE} is no JSON, and no path of a file that is: {error}") from error
    if isinstance(told, dict) and isinstance(told.get("mcpServers"), dict) and len(told) == 1:
        told = told["mcpServers"]
    if not isinstance(told, dict):
        raise BadServersError(f"{VARIABLE} must be an object of servers by name")
    return {name: _server(name, given, dict(variables)) for name, given in told.items()}


def _text(told: str) -> str:
    if told.startswith("{"):
        return told
    try:
        return Path(told).read_text(encoding="utf-8")
    except OSError as error:
        raise BadServersError(f"{VARIABLE}: {told} cannot be read: {error.strerror}") from error


def _server(name: str, given: object, variables: Mapping[str, str | None]) -> Server:
    if not _NAME.fullmatch(name):
        raise BadServersError(f"{VARIABLE}: {name!r} is no name for a server: use letters, digits, - and _")
    if not isinstance(given, dict):
        raise BadServersError(f"{VARIABLE}: {name} must be an object")
    try:
        return _SERVER.validate_python(_with_transport(_expanded(given, name, variables)))
    except ValidationError as error:
        raise BadServersError("; ".join(_explained(name, problem) for problem in error.errors())) from error


def _with_transport(given: dict[str, Any]) -> dict[str, Any]:
    """The transport by its one name; some clients call it `type`, and leave it out where `command` or `url` tell."""
    rest = {key: value for key, value in given.items() if key not in ("type", "transport")}
    said = given.get("transport", given.get("type"))
    told = said if said is not None else "streamable_http" if "url" in given else "stdio"
    return {**rest, "transport": _TRANSPORTS.get(told, told) if isinstance(told, str) else told}


def _expanded(value: Any, where: str, variables: Mapping[str, str | None]) -> Any:
    if isinstance(value, str):
        return _REFERENCE.sub(lambda found: _value_of(found, where, variables), value)
    if isinstance(value, dict):
        return {key: _expanded(one, f"{where}.{key}", variables) for key, one in value.items()}
    return [_expanded(one, where, variables) for one in value] if isinstance(value, list) else value


def _value_of(found: re.Match[str], where: str, variables: Mapping[str, str | None]) -> str:
    value = variables.get(found[1]) or found[2]
    if value is None:
        raise BadServersError(f"{VARIABLE}: {where} names ${{{found[1]}}}, which is not set")
    return value


def _explained(name: str, problem: Any) -> str:
    *outer, key = [name, *(str(part) for part in problem["loc"] if part not in ("stdio", "remote"))]
    where = ".".join([*outer, key])
    if problem["type"] != "extra_forbidden":
        return f"{VARIABLE}: {where}: {str(problem['msg']).removeprefix('Value error, ')}"
    known = [*(LocalServer if "stdio" in problem["loc"] else RemoteServer).model_fields]
    near = get_close_matches(key, known, 1)
    hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"
    return f"{VARIABLE}: {where}: unknown key; {hint}"
