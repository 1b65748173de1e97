"""A chat model that says what a test wrote down: for the misbehaviour that no real model shows on demand."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable

Said = AIMessage | Callable[[list[BaseMessage]], AIMessage]


class ScriptedModel(BaseChatModel):
    """Gives its replies in order, each once; `prompts` keeps what it was shown."""

    replies: list[Any]
    prompts: list[list[BaseMessage]]

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(self, tools: Any, **kwargs: Any) -> Runnable[Any, AIMessage]:
        return self

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        self.prompts.append(messages)
        reply = self.replies.pop(0)
        return ChatResult(generations=[ChatGeneration(message=reply)])


def calling(*calls: tuple[str, dict[str, Any]], tag: str = "c") -> AIMessage:
    """A message that calls tools."""
    named = [
        {"name": name, "args": args, "id": f"{tag}{index}", "type": "tool_call"}
        for index, (name, args) in enumerate(calls)
    ]
    return AIMessage("", tool_calls=named)


def script(monkeypatch: pytest.MonkeyPatch, replies: Iterable[AIMessage]) -> ScriptedModel:
    """Let the coach's next turns be answered by these replies."""
    model = ScriptedModel(replies=list(replies), prompts=[])
    monkeypatch.setattr("agent.nodes.agent.make_model", lambda phrases, name: model)
    return model


def edit(*ops: dict[str, Any], version: int = 1) -> tuple[str, dict[str, Any]]:
    return "edit_plan", {"base_version": version, "rationale": "as asked", "ops": list(ops)}


def longer(item_id: str, km: float) -> dict[str, Any]:
    return {"op": "update_item", "id": item_id, "set": {"km": km}}
