"""The sections of a `langgraph.json`: how graphs, store, checkpoints, callers and HTTP are to be served.

Field names, shapes and defaults are the official schema's; what this server refuses, it refuses with a reason.
"""

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator


class Section(BaseModel):
    """A part of the file: immutable, and closed to keys that it does not know. Null stands for absent."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def attribute_path(value: str) -> str:
    """`value`, if it names an attribute. Raises `ValueError` otherwise."""
    module, separator, name = value.rpartition(":")
    if not separator or not module or not name.isidentifier():
        raise ValueError("must be './file.py:name' or 'package.module:name'")
    return value


class GraphSpec(Section):
    """Where a graph is: `./file.py:name` or `package.module:name`, and what it is for."""

    path: str
    description: str | None = None

    _path_names_an_attribute = field_validator("path")(attribute_path)


# --- store


class StoreIndexSpec(Section):
    """Semantic search over items: who embeds (`provider:model` or `./file.py:name`), into how many dimensions, and what."""

    dims: int = Field(gt=0, le=16_000)
    embed: str = Field(min_length=1)
    fields: list[str] = Field(["$"], min_length=1, description="paths into an item's value; `$` is all of it")

    @field_validator("fields", mode="before")
    @classmethod
    def _null_is_the_default(cls, value: object) -> object:
        return ["$"] if value is None else value


class StoreTtlSpec(Section):
    """How long items live, in minutes."""

    refresh_on_read: bool = True
    default_ttl: float | None = Field(None, gt=0, description="minutes; null: items stay unless they say otherwise")
    sweep_interval_minutes: int | None = Field(None, gt=0, description="how often expired items are deleted")


class StoreSpec(Section):
    """The long-term store."""

    index: StoreIndexSpec | None = None
    ttl: StoreTtlSpec | None = None


# --- checkpointer


class CheckpointTtlSpec(Section):
    """How long threads live after their last change, in minutes, and what becomes of them."""

    strategy: Literal["delete", "keep_latest"] = "delete"
    default_ttl: float | None = Field(None, gt=0, description="minutes; null: threads stay unless they say otherwise")
    sweep_interval_minutes: float = Field(5, gt=0)
    sweep_limit: int = Field(1000, gt=0, description="threads treated per sweep")

    @field_validator("sweep_interval_minutes", "sweep_limit", mode="before")
    @classmethod
    def _null_is_the_default(cls, value: object, info: Any) -> object:
        return cls.model_fields[info.field_name].get_default() if value is None else value


class SerdeSpec(Section):
    """Which Python types may be rebuilt from checkpoints, besides those known to be safe. Each as `["module", "Name"]`."""

    allowed_json_modules: tuple[tuple[str, ...], ...] | None = None
    allowed_msgpack_modules: tuple[tuple[str, ...], ...] | Literal[True] | None = None
    pickle_fallback: Literal[False] = False

    @field_validator("allowed_json_modules", mode="before")
    @classmethod
    def _json_types_are_named(cls, value: object) -> object:
        if value is True:
            raise ValueError("true would let a checkpoint construct any Python type; name the types that it may")
        return None if value is False else value

    @field_validator("allowed_msgpack_modules", mode="before")
    @classmethod
    def _false_is_none(cls, value: object) -> object:
        return None if value is False else value

    @field_validator("allowed_json_modules", "allowed_msgpack_modules")
    @classmethod
    def _have_module_and_name(cls, value: object) -> object:
        if isinstance(value, tuple) and any(len(entry) < 2 for entry in value):
            raise ValueError('each entry is a module and a name, such as ["my_agent.models", "State"]')
        return value

    @field_validator("pickle_fallback", mode="before")
    @classmethod
    def _never_pickle(cls, value: object) -> object:
        if value is True:
            raise ValueError("unpickling runs whatever code a checkpoint holds; this server never does. Leave it out")
        return value


class CheckpointerSpec(Section):
    """Checkpoints: their lifetime and what may be read back from them."""

    path: None = None
    ttl: CheckpointTtlSpec | None = None
    serde: SerdeSpec = SerdeSpec()

    @field_validator("path", mode="before")
    @classmethod
    def _ours_only(cls, value: object) -> object:
        if value is not None:
            raise ValueError(
                "checkpoints are kept in the server's own Postgres, in one transaction with their runs; leave it out"
            )
        return value

    @field_validator("serde", mode="before")
    @classmethod
    def _null_is_the_default(cls, value: object) -> object:
        return {} if value is None else value


# --- auth


class SecuritySpec(Section):
    """What the OpenAPI document says about authentication."""

    # the official keys are OpenAPI's own
    securitySchemes: dict[str, dict[str, Any]] = {}  # noqa: N815
    security: list[dict[str, list[str]]] = []
    paths: dict[str, dict[str, list[dict[str, list[str]]]]] = {}


class AuthCacheSpec(Section):
    """Remember whom a request's headers name, for a while."""

    cache_keys: list[str] = Field(min_length=1, description="headers that together tell callers apart")
    ttl_seconds: int = Field(300, gt=0)
    max_size: int = Field(1000, gt=0)

    @field_validator("cache_keys")
    @classmethod
    def _lower(cls, value: list[str]) -> list[str]:
        return [name.lower() for name in value]


class AuthSpec(Section):
    """Where the project's `langgraph_sdk.Auth` is. `disable_studio_auth` is true here whatever it says: no header of
    Studio's ever replaces the project's own authentication."""

    path: str
    disable_studio_auth: bool = False
    openapi: SecuritySpec = SecuritySpec()
    cache: AuthCacheSpec | None = None

    _path_names_an_attribute = field_validator("path")(attribute_path)

    @field_validator("openapi", mode="before")
    @classmethod
    def _null_is_the_default(cls, value: object) -> object:
        return {} if value is None else value


# --- http


class CorsSpec(Section):
    """Who may call from a browser. Given at all, it replaces the server's defaults entirely."""

    allow_origins: list[str] = []
    allow_methods: list[str] = ["GET"]
    allow_headers: list[str] = []
    allow_credentials: bool = False
    allow_origin_regex: str | None = None
    expose_headers: list[str] = []
    max_age: int = Field(600, ge=0)

    @model_validator(mode="after")
    def _credentials_are_for_named_origins(self) -> Self:
        if self.allow_credentials and "*" in self.allow_origins:
            raise ValueError(
                "allow_credentials with allow_origins '*' lets any site act for its visitors; name the origins"
            )
        return self


class HeaderPatterns(Section):
    """Which request headers: those that match an include and no exclude. `*` stands for anything."""

    includes: list[str] = []
    excludes: list[str] = []

    @field_validator("includes", "excludes", mode="before")
    @classmethod
    def _null_is_empty(cls, value: object) -> object:
        return [] if value is None else value


class HttpSpec(Section):
    """The HTTP server: the project's own app, what is left out, who may call from where."""

    app: str | None = None
    disable_assistants: bool = False
    disable_threads: bool = False
    disable_runs: bool = False
    disable_store: bool = False
    disable_mcp: bool = False
    disable_a2a: bool = False
    disable_meta: bool = False
    disable_ui: bool = False
    disable_webhooks: bool = False
    cors: CorsSpec | None = None
    configurable_headers: HeaderPatterns = HeaderPatterns()
    logging_headers: HeaderPatterns | None = None
    middleware_order: Literal["auth_first", "middleware_first"] = "middleware_first"
    enable_custom_route_auth: bool = False
    mount_prefix: str = ""

    @field_validator("app")
    @classmethod
    def _app_names_an_attribute(cls, value: str | None) -> str | None:
        return None if value is None else attribute_path(value)

    @field_validator("configurable_headers", "middleware_order", "mount_prefix", mode="before")
    @classmethod
    def _null_is_the_default(cls, value: object, info: Any) -> object:
        return cls.model_fields[info.field_name].get_default() if value is None else value

    @field_validator("mount_prefix")
    @classmethod
    def _a_path(cls, value: str) -> str:
        if value and (not value.startswith("/") or "//" in value or any(sign in value for sign in "{}?# ")):
            raise ValueError("must be a path such as '/api'")
        return value.rstrip("/")


# --- webhooks


class WebhookUrlSpec(Section):
    """Where runs' webhooks may go. Left out, they may go to public addresses by https."""

    require_https: bool = True
    allowed_domains: tuple[str, ...] = Field((), description="hosts, or `*.example.com` for those below it; none: any")
    allowed_ports: tuple[int, ...] = Field((), description="none: any")
    max_url_length: int = Field(2048, gt=0)
    disable_loopback: bool = Field(True, description="false: this machine and relative URLs are allowed, too")

    @field_validator(
        "require_https", "allowed_domains", "allowed_ports", "max_url_length", "disable_loopback", mode="before"
    )
    @classmethod
    def _null_is_the_default(cls, value: object, info: Any) -> object:
        return cls.model_fields[info.field_name].get_default() if value is None else value

    @field_validator("allowed_domains")
    @classmethod
    def _are_hosts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if not name.removeprefix("*.") or any(sign in name.removeprefix("*.") for sign in "*/@ "):
                raise ValueError(f"{name!r} must be a host such as 'hooks.example.com', or '*.example.com'")
        return tuple(name.lower().rstrip(".") for name in value)


class WebhooksSpec(Section):
    """What runs' webhooks are sent with, and where to. Headers may hold `${{ env.NAME }}`, of names with the prefix."""

    env_prefix: str = "LG_WEBHOOK_"
    headers: dict[str, str] = {}
    url: WebhookUrlSpec = WebhookUrlSpec()

    @field_validator("env_prefix", "headers", "url", mode="before")
    @classmethod
    def _null_is_the_default(cls, value: object, info: Any) -> object:
        return cls.model_fields[info.field_name].get_default() if value is None else value
