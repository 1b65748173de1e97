"""What LangChain's callbacks say of a step of a run: whether it is a node, which model or tool is called, what it counted."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from langchain_core.messages import AIMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, LLMResult
from langgraph.types import Command

from server.metrics.http import OTHER

MOST_NAMES: Final = 100
"""How many values a label takes that a caller may choose: a run's context names the model that answers it."""

_STEP_TAG = "graph:step:"
_UNNAMED = "unnamed"


def node_of(told: Mapping[str, Any]) -> str | None:
    """The node that a chain is the execution of; None for the graph itself and for what a node calls.

    LangGraph tags nodes, and names the node in the metadata of all that is in it. A run's own tags are on every step.
    """
    name = (told.get("metadata") or {}).get("langgraph_node")
    is_node = name == told.get("name") and any(tag.startswith(_STEP_TAG) for tag in told.get("tags") or ())
    return str(name) if is_node and name else None


def model_of(serialized: Mapping[str, Any] | None, told: Mapping[str, Any]) -> str:
    """The model that is called, as its provider names it if that is known."""
    known = (told.get("metadata") or {}).get("ls_model_name")
    return str(known or told.get("name") or (serialized or {}).get("name") or _UNNAMED)


def tool_of(serialized: Mapping[str, Any] | None, told: Mapping[str, Any]) -> str:
    """The tool that is called."""
    return str(told.get("name") or (serialized or {}).get("name") or _UNNAMED)


def usages_of(response: LLMResult) -> Iterator[UsageMetadata]:
    """The tokens of each answer of a model that counts them."""
    for generation in (one for several in response.generations for one in several):
        message = generation.message if isinstance(generation, ChatGeneration) else None
        if isinstance(message, AIMessage) and message.usage_metadata:
            yield message.usage_metadata


def usage_in(answer: Any, message_id: str) -> UsageMetadata | None:
    """The tokens of a message that a chain answered with, alone or among others, by the message's id."""
    update = answer.update if isinstance(answer, Command) else answer
    found = update.get("messages", ()) if isinstance(update, Mapping) else update
    for one in found if isinstance(found, list | tuple) else (found,):
        if isinstance(one, AIMessage) and one.id == message_id:
            return one.usage_metadata
    return None


class Names:
    """The values of a label: those that came first, and `other` for all that come when there are `most`."""

    def __init__(self, most: int = MOST_NAMES) -> None:
        self._most = most
        self._known: set[str] = set()

    def shown(self, name: str) -> str:
        """What the label says for `name`."""
        if name not in self._known:
            if len(self._known) >= self._most:
                return OTHER
            self._known.add(name)
        return name
