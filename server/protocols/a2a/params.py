"""What A2A's methods take. Both dialects' spellings of a field are read, whatever the method's: clients mix them."""

from datetime import datetime
from typing import Any, Literal, TypeVar

from pydantic import AliasGenerator, BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic.alias_generators import to_camel

from server.protocols.a2a.model import DataPart, FilePart, Part, TextPart
from server.protocols.a2a.rpc import (
    CONTENT_TYPE_NOT_SUPPORTED,
    INVALID_PARAMS,
    PUSH_NOTIFICATION_NOT_SUPPORTED,
    RpcError,
)

Params = TypeVar("Params", bound="ParamsModel")
MAX_PAGE = 100


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


class Configuration(ParamsModel):
    """How the caller wants to be answered. `blocking` is dialect 0.3's, `return_immediately` 1.0's."""

    blocking: bool | None = None
    return_immediately: bool | None = None
    history_length: int | None = Field(None, ge=0)
    push_notification_config: dict[str, Any] | None = None
    task_push_notification_config: dict[str, Any] | None = None

    @field_validator("push_notification_config", "task_push_notification_config")
    @classmethod
    def _not_served(cls, value: dict[str, Any] | None) -> None:
        if value:
            raise RpcError(
                PUSH_NOTIFICATION_NOT_SUPPORTED,
                "Push notifications are not supported: leave out the push notification config and stream the task, or poll it",
            )

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


def read(kind: type[Params], params: dict[str, Any]) -> Params:
    """The parameters of a call. Raises `RpcError` that says what to change."""
    try:
        return kind.model_validate(params)
    except ValidationError as error:
        told = "; ".join(f"{'.'.join(map(str, one['loc'])) or 'params'}: {one['msg']}" for one in error.errors())
        raise RpcError(INVALID_PARAMS, told) from error
