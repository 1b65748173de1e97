"""The keyless demo model as a LangChain chat model: deterministic rules that say so, never posing as an LLM."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LangSmithParams, LanguageModelInput
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.messages.utils import count_tokens_approximately
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import ConfigDict

from agent.demo.decide import MAX_TEXT, decide
from agent.demo.perceive import Perception, perceive
from agent.demo.phrases import Phrases
from agent.demo.reply import Reply
from agent.demo.requests import stands_alone

DEMO_MODEL_NAME = "demo-rules-1"
_METADATA = {"model_name": DEMO_MODEL_NAME, "model_provider": "planloom-demo", "offline": True}


class DemoChatModel(BaseChatModel):
    """Answers from the messages and the bound tools alone, the same way every time.

    It counts tokens roughly, four characters each, and marks every message in `response_metadata`.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    phrases: Phrases
    model_name: str = DEMO_MODEL_NAME

    @property
    def _llm_type(self) -> str:
        return "planloom-demo"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"model_name": self.model_name, "domain": self.phrases.domain}

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        return LangSmithParams(ls_provider="planloom-demo", ls_model_name=self.model_name, ls_model_type="chat")

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """The model with tools to call; their names matter to it, and what those take that a person names."""
        return self.bind(tools=[convert_to_openai_tool(tool) for tool in tools], **kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        seen, reply = self._reply(messages, kwargs)
        message = _message(seen, reply)
        message.usage_metadata = _usage(messages, message)
        return ChatResult(generations=[ChatGeneration(message=message)])

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return self._generate(messages, stop, None, **kwargs)

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        seen, reply = self._reply(messages, kwargs)
        for word in re.findall(r"\s*\S+\s*$|\s*\S+", reply.text):
            yield _chunk(content=word)
        for index, call in enumerate(reply.calls):
            call_id = _call_id(seen, index)
            yield _chunk(tool_call_chunks=[tool_call_chunk(name=call.name, args="", id=call_id, index=index)])
            args = json.dumps(call.args, ensure_ascii=False)
            yield _chunk(tool_call_chunks=[tool_call_chunk(args=args, index=index)])
        usage = _usage(messages, _message(seen, reply))
        yield _chunk(response_metadata=dict(_METADATA), usage_metadata=usage, chunk_position="last")

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        for chunk in self._stream(messages, stop, None, **kwargs):
            yield chunk

    def _reply(self, messages: list[BaseMessage], kwargs: dict[str, Any]) -> tuple[Perception, Reply]:
        tools = {
            tool["function"]["name"]: tool["function"].get("parameters") or {} for tool in kwargs.get("tools") or []
        }
        own = [change.rule for change in self.phrases.changes]
        seen = perceive(
            messages,
            frozenset(tools),
            self.phrases.questions,
            self.phrases.group,
            tools,
            stands_alone=lambda text: len(text) > MAX_TEXT or stands_alone(text, own),
            listed_by=self.phrases.picks,
        )
        return seen, decide(seen, self.phrases)


def _chunk(**fields: Any) -> ChatGenerationChunk:
    fields.setdefault("content", "")
    return ChatGenerationChunk(message=AIMessageChunk(**fields))


def _message(seen: Perception, reply: Reply) -> AIMessage:
    """The whole answer."""
    calls = [
        {"name": call.name, "args": call.args, "id": _call_id(seen, index), "type": "tool_call"}
        for index, call in enumerate(reply.calls)
    ]
    return AIMessage(content=reply.text, tool_calls=calls, response_metadata=dict(_METADATA))


def _usage(asked: Sequence[BaseMessage], answer: AIMessage) -> UsageMetadata:
    """What a model would have used, as far as characters tell."""
    read, written = count_tokens_approximately(asked), count_tokens_approximately([answer])
    return UsageMetadata(input_tokens=read, output_tokens=written, total_tokens=read + written)


def _call_id(seen: Perception, index: int) -> str:
    """The same for the same place in the same conversation, so that replays give identical traces."""
    said = f"{seen.turns_before}|{seen.calls_made}|{index}|{seen.turn.text}"
    return f"call_{hashlib.sha256(said.encode()).hexdigest()[:24]}"
