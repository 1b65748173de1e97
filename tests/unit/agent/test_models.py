"""Which model answers: named, from the environment, or the keyless demo; never another than was named."""

import pytest
from langchain_openai import ChatOpenAI

from agent.demo.model import DemoChatModel
from agent.demo.phrases import load_phrases
from agent.demo.slots_running import PARSERS
from agent.models import MODEL_VARIABLES, ModelNotConfigured, describe_model, make_model

KEY = {"OPENAI_API_KEY": "k"}
LOCAL = {"OPENAI_BASE_URL": "http://127.0.0.1:11434/v1"}
PHRASES = load_phrases("running", parsers=PARSERS)


@pytest.mark.parametrize(
    ("name", "env", "expected"),
    [
        (None, {}, "demo:demo-rules-1"),
        (None, KEY, "openai:gpt-4o-mini"),
        (None, LOCAL, "openai:gpt-4o-mini"),
        (None, KEY | {"MODEL": "openai:gpt-4o"}, "openai:gpt-4o"),
        (None, KEY | {"MODEL": " "}, "openai:gpt-4o-mini"),
        (None, {"MODEL": "demo"}, "demo:demo-rules-1"),
        ("openai/gpt-4o", KEY, "openai:gpt-4o"),
        ("gpt-4o", KEY, "openai:gpt-4o"),
        ("demo:rules", KEY, "demo:demo-rules-1"),
        ("demo", KEY | {"MODEL": "openai:gpt-4o"}, "demo:demo-rules-1"),
        ("qwen2.5:7b", LOCAL, "openai:qwen2.5:7b"),
        ("meta-llama/Llama-3.1-8B", LOCAL, "openai:meta-llama/Llama-3.1-8B"),
        ("openai:qwen2.5:7b", LOCAL, "openai:qwen2.5:7b"),
    ],
)
def test_the_model_of_a_run(name: str | None, env: dict[str, str], expected: str) -> None:
    assert str(describe_model(name, env)) == expected


@pytest.mark.parametrize("variable", MODEL_VARIABLES)
def test_every_spelling_of_the_variable_counts_and_the_first_wins(variable: str) -> None:
    assert describe_model(env=KEY | {variable: "openai:o3"}).name == "o3"
    assert describe_model(env=KEY | {variable: "openai:o3", "MODEL": "openai:gpt-4o"}).name == ("gpt-4o")


@pytest.mark.parametrize(
    ("name", "env", "told"),
    [
        ("openai:gpt-4o", {}, "OPENAI_API_KEY"),
        (None, {"MODEL": "openai:gpt-4o"}, "OPENAI_API_KEY"),
        ("gpt-4o", {}, "OPENAI_BASE_URL"),
        ("anthropic:claude", KEY, "names no provider that this server has"),
        ("openai:", KEY, "no name"),
    ],
)
def test_a_named_model_that_cannot_be_reached_is_an_error_that_says_what_to_set(
    name: str | None, env: dict[str, str], told: str
) -> None:
    with pytest.raises(ModelNotConfigured, match=told):
        describe_model(name, env)


def test_an_openai_model_streams_over_chat_completions_and_needs_no_key_with_a_base_url() -> None:
    model = make_model(PHRASES, "openai:llama", LOCAL)
    assert isinstance(model, ChatOpenAI)
    assert (model.model_name, model.openai_api_base) == ("llama", LOCAL["OPENAI_BASE_URL"])
    assert model.use_responses_api is False
    assert model.streaming is True


def test_without_anything_set_the_demo_answers_and_says_so() -> None:
    assert isinstance(make_model(PHRASES, None, {}), DemoChatModel)
    assert describe_model(None, {}).offline is True
