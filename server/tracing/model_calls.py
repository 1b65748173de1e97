"""What a trace shows of calls of models: how they were asked, what they answered, how many tokens that took."""

from collections.abc import Mapping
from typing import Any

from langchain_core.messages import AIMessage
from langchain_core.messages.ai import UsageMetadata, add_usage
from langchain_core.outputs import ChatGeneration, Generation, LLMResult

from server.tracing.encoding import Constructed
from server.tracing.snapshot import Snapshots


def asked_how(kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """What is known of how a model is asked: parameters, tools, options."""
    return {name: Snapshots().take(kwargs[name]) for name in ("invocation_params", "options") if kwargs.get(name)}


def _generation(one: Generation) -> dict[str, Any]:
    shown: dict[str, Any] = {"text": one.text, "generation_info": one.generation_info, "type": one.type}
    return {**shown, "message": Constructed(one.message)} if isinstance(one, ChatGeneration) else shown


def answered(response: LLMResult) -> dict[str, Any]:
    """All that a model answered."""
    return {
        "generations": [[_generation(one) for one in batch] for batch in response.generations],
        "llm_output": Snapshots().take(response.llm_output),
        "type": "LLMResult",
    }


def usage_of(response: LLMResult) -> UsageMetadata | None:
    """The tokens of all that a model answered, as far as it counts them."""
    total: UsageMetadata | None = None
    for batch in response.generations:
        for one in batch:
            message = one.message if isinstance(one, ChatGeneration) else None
            if isinstance(message, AIMessage) and message.usage_metadata is not None:
                total = add_usage(total, message.usage_metadata)
    return total
