"""What A2A's methods take. Both dialects' spellings of a field are read, whatever the method's: clients mix them."""

import re
from datetime import datetime
from typing import Any, Literal, Self, TypeVar

from pydantic import AliasGenerator, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic.alias_generators import to_camel

from server.protocols.a2a.model import DataPart, FilePart, Part, PushConfig, TextPart
from server.protocols.a2a.rpc import CONTENT_TYPE_NOT_SUPPORTED, INVALID_PARAMS, RpcError

Params = TypeVar("Params", bound="ParamsModel")
MAX_PAGE = 100
_SCHEME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}")
_MOST_OF_AN_ID = 256
_MOST_OF_A_HEADER = 8192


class ParamsModel(BaseModel):
    """Parameters in camel case. Unknown ones are passed over, as newer clients may send them."""

    model_config = ConfigDict(alias_generator=AliasGenerator(validation_alias=to_camel), frozen=True)


class FileContent(ParamsModel):
    """A file in dialect 0.3."""

    bytes: str | None = None
    uri: str | None = None
    mime_type: str | None = None
    name: str | None = None


class PartIn(ParamsModel):
    """A part: `text`, `data`, or a file: `file` in dialect 0.3, `raw` or `url` in 1.0."""

    text: str | None = None
    data: Any = None
    file: FileContent | None = None
    raw: str | None = None
    url: str | None = None
    media_type: str | None = None
    filename: str | None = None

    def part(self) -> Part:
        """The part. Raises `RpcError` if it is of no kind that is known."""
        if self.text is not None:
            return TextPart(self.text)
        if "data" in self.model_fields_set:
            return DataPart(self.data)
        if self.file is not None and (self.file.bytes or self.file.uri):
            return FilePart(self.file.bytes, self.file.uri, self.file.mime_type, self.file.name)
        if self.raw or self.url:
            return FilePart(self.raw, self.url, self.media_type, self.filename)
        raise RpcError(CONTENT_TYPE_NOT_SUPPORTED, "Unsupported part: give it text, data, or a file's bytes or URL")


class MessageIn(ParamsModel):
    """What the caller says."""

    message_id: str = Field(min_length=1)
    role: Literal["user", "agent", "ROLE_USER", "ROLE_AGENT"]
    parts: list[PartIn] = Field(min_length=1)
    context_id: str | None = None
    task_id: str | None = None
    metadata: dict[str, Any] | None = None


class PushAuthentication(ParamsModel):
    """How a receiver wants to be called: `schemes` are dialect 0.3's, of which the first is taken, `scheme` is 1.0's."""

    schemes: list[str] = []
    scheme: str | None = None
    credentials: str | None = Field(None, max_length=_MOST_OF_A_HEADER)

    @property
    def chosen(self) -> str | None:
        """The scheme."""
        return self.scheme or next(iter(self.schemes), None)

    @model_validator(mode="after")
    def _fits_a_header(self) -> Self:
        if self.chosen is not None and not _SCHEME.fullmatch(self.chosen):
            raise ValueError("the scheme must be one of HTTP's, such as Bearer")
        if self.credentials and not self.chosen:
            raise ValueError("credentials need a scheme, such as Bearer")
        _require_one_line("credentials", self.credentials)
        return self


class PushConfigIn(ParamsModel):
    """Who is to be told of a task."""

    id: str | None = Field(None, max_length=_MOST_OF_AN_ID)
    url: str = Field(min_length=1)
    token: str | None = Field(None, max_length=_MOST_OF_A_HEADER)
    authentication: PushAuthentication | None = None

    @field_validator("token")
    @classmethod
    def _fits_a_header(cls, value: str | None) -> str | None:
        _require_one_line("token", value)
        return value

    def config(self, task_id: str) -> PushConfig:
        """The config for a task; one without an id has the task's."""
        asked = self.authentication or PushAuthentication()
        return PushConfig(
            self.id or task_id, task_id, self.url, self.token or None, asked.chosen, asked.credentials or None
        )


class SetPushParams(ParamsModel):
    """A config for a task: in `pushNotificationConfig` in dialect 0.3, beside the task's id in 1.0."""

    task_id: str
    config: PushConfigIn

    @model_validator(mode="before")
    @classmethod
    def _one_shape(cls, given: object) -> object:
        if not isinstance(given, dict):
            return given
        nested = given.get("pushNotificationConfig")
        beside = {key: given[key] for key in ("id", "url", "token", "authentication") if key in given}
        return {"taskId": given.get("taskId"), "config": beside if nested is None else nested}


class PushParams(ParamsModel):
    """A config of a task, or all of them: by `id` and `pushNotificationConfigId` in dialect 0.3, by `taskId` and `id` in 1.0."""

    task_id: str
    config_id: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _one_shape(cls, given: object) -> object:
        if not isinstance(given, dict):
            return given
        if "taskId" in given:
            return {"taskId": given["taskId"], "configId": given.get("id") or None}
        return {"taskId": given.get("id"), "configId": given.get("pushNotificationConfigId")}


class Configuration(ParamsModel):
    """How the caller wants to be answered. `blocking` is dialect 0.3's, `return_immediately` 1.0's."""

    blocking: bool | None = None
    return_immediately: bool | None = None
    history_length: int | None = Field(None, ge=0)
    push_notification_config: PushConfigIn | None = None
    task_push_notification_config: PushConfigIn | None = None

    @field_validator("push_notification_config", "task_push_notification_config", mode="before")
    @classmethod
    def _empty_is_absent(cls, value: object) -> object:
        return None if value == {} else value

    @property
    def push(self) -> PushConfigIn | None:
        """Who is to be told of the task. The first is dialect 0.3's, the second 1.0's."""
        return self.push_notification_config or self.task_push_notification_config

    @property
    def waits(self) -> bool:
        """Whether the answer is to come when the task is over or needs input."""
        return self.blocking is not False and not self.return_immediately


class SendParams(ParamsModel):
    """A message to send, in a new task or an existing one."""

    message: MessageIn
    configuration: Configuration = Configuration()
    metadata: dict[str, Any] | None = None

    @field_validator("configuration", mode="before")
    @classmethod
    def _null_is_absent(cls, value: object) -> object:
        return {} if value is None else value


class TaskParams(ParamsModel):
    """A task."""

    id: str
    history_length: int | None = Field(None, ge=0)


class ListParams(ParamsModel):
    """Which of the assistant's tasks, and which page of them."""

    context_id: str | None = None
    status: str | None = None
    page_size: int = Field(50, ge=1, le=MAX_PAGE)
    page_token: str | None = None
    history_length: int | None = Field(None, ge=0)
    status_timestamp_after: datetime | None = None
    include_artifacts: bool = False


def _require_one_line(name: str, value: str | None) -> None:
    if value and not (value.isascii() and value.isprintable()):
        raise ValueError(f"{name} goes into a header: one line of printable ASCII")


def read(kind: type[Params], params: dict[str, Any]) -> Params:
    """The parameters of a call. Raises `RpcError` that says what to change."""
    try:
        return kind.model_validate(params)
    except ValidationError as error:
        told = "; ".join(f"{'.'.join(map(str, one['loc'])) or 'params'}: {one['msg']}" for one in error.errors())
        raise RpcError(INVALID_PARAMS, told) from error
