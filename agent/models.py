"""From a model's name to a chat model, and what else the environment says about prompts."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from langchain_core.language_models import BaseChatModel
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from agent.demo.model import DEMO_MODEL_NAME, DemoChatModel
from agent.demo.phrases import Phrases

DEFAULT_OPENAI_MODEL = "gpt-4o-mini"
MODEL_VARIABLES = ("MODEL", "MODEL_NAME", "OPENAI_MODEL", "LLM_MODEL")
PROVIDERS = ("openai", "demo")
DEFAULT_HISTORY_TOKENS = 12_000
MIN_HISTORY_TOKENS = 200
# Servers that speak OpenAI's protocol on one's own machine take any key, but the client insists on one.
UNCHECKED_KEY = "not-needed"


class ModelNotConfigured(ValueError):
    """A run names a model that this server cannot reach; the message says what to set."""


@dataclass(frozen=True)
class ModelChoice:
    """Which model answers: `provider` (openai or demo), its `name`, and whether it is the keyless demo."""

    provider: str
    name: str

    @property
    def offline(self) -> bool:
        return self.provider == "demo"

    def __str__(self) -> str:
        return f"{self.provider}:{self.name}"


def describe_model(name: str | None = None, env: Mapping[str, str] | None = None) -> ModelChoice:
    """Which model a run gets: the one named, else the environment's, else OpenAI when reachable, else the demo.

    Raises ModelNotConfigured when a model is named that needs a key or a base URL and there is none: a request
    that names a model is never answered by another one.
    """
    env = os.environ if env is None else env
    wanted = (name or "").strip() or _first(env, MODEL_VARIABLES)
    reachable = bool(env.get("OPENAI_API_KEY") or env.get("OPENAI_BASE_URL"))
    if not wanted:
        return ModelChoice("openai", DEFAULT_OPENAI_MODEL) if reachable else ModelChoice("demo", DEMO_MODEL_NAME)
    choice = _parse(wanted, has_base_url=bool(env.get("OPENAI_BASE_URL")))
    if choice.provider == "openai" and not reachable:
        raise ModelNotConfigured(
            f"the model {wanted!r} needs OPENAI_API_KEY, or OPENAI_BASE_URL for a server of your own; "
            "neither is set. Without a model's name the keyless demo answers."
        )
    return choice


def history_budget(asked: int | None, env: Mapping[str, str] | None = None) -> int:
    """How many tokens of conversation a prompt may carry: what a run asks for, else HISTORY_TOKENS, else the usual."""
    told = (os.environ if env is None else env).get("HISTORY_TOKENS", "").strip()
    return asked or (int(told) if told.isdigit() and int(told) >= MIN_HISTORY_TOKENS else DEFAULT_HISTORY_TOKENS)


def make_model(phrases: Phrases, name: str | None = None, env: Mapping[str, str] | None = None) -> BaseChatModel:
    """The chat model of a run; `phrases` is the vocabulary of the keyless demo model.

    Building an OpenAI client reads certificates: call it in a thread when on an event loop.
    Raises ModelNotConfigured as describe_model does.
    """
    env = os.environ if env is None else env
    choice = describe_model(name, env)
    if choice.offline:
        return DemoChatModel(phrases=phrases)
    return ChatOpenAI(
        model=choice.name,
        api_key=SecretStr(env.get("OPENAI_API_KEY") or UNCHECKED_KEY),
        base_url=env.get("OPENAI_BASE_URL") or None,
        use_responses_api=False,
        streaming=True,
    )


def _parse(wanted: str, *, has_base_url: bool) -> ModelChoice:
    if wanted == "demo":
        return ModelChoice("demo", DEMO_MODEL_NAME)
    for separator in (":", "/"):
        provider, found, rest = wanted.partition(separator)
        if found and provider in PROVIDERS:
            if not rest:
                raise ModelNotConfigured(f"the model {wanted!r} has a provider but no name; say {provider}:NAME")
            return ModelChoice(provider, DEMO_MODEL_NAME if provider == "demo" else rest)
    # A name such as qwen2.5:7b or meta-llama/Llama-3 belongs to whoever answers at the base URL.
    if has_base_url or not any(separator in wanted for separator in ":/"):
        return ModelChoice("openai", wanted)
    raise ModelNotConfigured(
        f"the model {wanted!r} names no provider that this server has; use one of "
        + ", ".join(f"{provider}:NAME" for provider in PROVIDERS)
        + ", or set OPENAI_BASE_URL to a server that has it"
    )


def _first(env: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((value for name in names if (value := env.get(name, "").strip())), "")
