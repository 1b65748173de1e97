"""Agent cards: what an assistant can do and how to talk to it, for those who look for agents."""

from importlib.metadata import version
from typing import Any

from server.assistants.repository import Assistant
from server.langgraph_sections import SecuritySpec
from server.protocols.a2a.card_security import card_security

_MODES = ["application/json", "text/plain"]
SCOPE_HEADER = "LangGraph-A2A-History-Scope"
_HISTORY_SCOPE = {
    "uri": "https://langchain.com/a2a/extensions/history-scope/v1",
    "description": "Choose task-only or full-context response history",
    "required": False,
    "params": {
        "header": SCOPE_HEADER,
        "values": ["context", "task"],
        "default": "context",
        "methods": ["SendMessage", "GetTask", "ListTasks"],
    },
}


def agent_card(
    assistant: Assistant, input_schema: dict[str, Any], url: str, *, pushes: bool, security: SecuritySpec
) -> dict[str, Any]:
    """The card of an assistant that listens at `url`. Clients of dialect 0.3 find it in `url` and `protocolVersion`, those of
    1.0 in `supportedInterfaces`, of which the first is preferred."""
    description = assistant.description or f"{assistant.name} assistant"
    fields = list(input_schema.get("properties", ()))
    interfaces = [{"url": url, "protocolBinding": "JSONRPC", "protocolVersion": spoken} for spoken in ("1.0", "0.3")]
    return {
        "name": assistant.name,
        "description": description,
        "url": url,
        "preferredTransport": "JSONRPC",
        "protocolVersion": "0.3.0",
        "supportedInterfaces": interfaces,
        "supportsAuthenticatedExtendedCard": True,
        "capabilities": {
            "streaming": True,
            "pushNotifications": pushes,
            "stateTransitionHistory": False,
            "extendedAgentCard": True,
            "extensions": [_HISTORY_SCOPE],
        },
        **card_security(security),
        "defaultInputModes": _MODES,
        "defaultOutputModes": _MODES,
        "skills": [
            {
                "id": f"{assistant.assistant_id}-main",
                "name": f"{assistant.name} Capabilities",
                "description": description,
                "tags": ["assistant", "langgraph"],
                "examples": [],
                "inputModes": _MODES,
                "outputModes": _MODES,
                "metadata": {
                    "inputSchema": {
                        "required": input_schema.get("required", []),
                        "properties": fields,
                        "supportsA2A": "messages" in fields,
                    }
                },
            }
        ],
        "version": version("planloom"),
    }
