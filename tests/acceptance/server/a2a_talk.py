"""The official A2A client, as tests talk to a live server by it."""

from typing import Any
from uuid import uuid4

import httpx
from a2a.client import A2ACardResolver, Client, ClientConfig, ClientFactory
from a2a.types import AgentCard, Message, Part, Role, SendMessageConfiguration, SendMessageRequest, Task
from google.protobuf.struct_pb2 import Value


async def card_of(http: httpx.AsyncClient, assistant: str) -> AgentCard:
    return await A2ACardResolver(http, f"{http.base_url}/a2a/{assistant}").get_agent_card()


async def client_of(
    http: httpx.AsyncClient, assistant: str, dialect: str = "1.0", *, streaming: bool = False
) -> Client:
    """The official client of an assistant, which speaks one dialect."""
    card = await card_of(http, assistant)
    spoken = [one for one in card.supported_interfaces if one.protocol_version.startswith(dialect)]
    del card.supported_interfaces[:]
    card.supported_interfaces.extend(spoken)
    return ClientFactory(ClientConfig(httpx_client=http, streaming=streaming)).create(card)


def data_part(value: Any) -> Part:
    part = Part()
    part.data.CopyFrom(_value(value))
    return part


def _value(given: Any) -> Value:
    value = Value()
    if isinstance(given, dict):
        value.struct_value.update(given)
    else:
        value.string_value = given
    return value


def said(*parts: Part | str, task: Task | None = None, **configuration: Any) -> SendMessageRequest:
    message = Message(
        message_id=str(uuid4()),
        role=Role.ROLE_USER,
        parts=[Part(text=part) if isinstance(part, str) else part for part in parts],
        task_id=task.id if task else "",
        context_id=task.context_id if task else "",
    )
    return SendMessageRequest(message=message, configuration=SendMessageConfiguration(**configuration))


async def send(client: Client, request: SendMessageRequest) -> Task:
    """The task that a message which is waited for leads to."""
    return [event async for event in client.send_message(request)][-1].task
