"""The environment chooses the embedding model, and says so when it cannot be had."""

import math

import pytest
from langchain_openai import OpenAIEmbeddings

from tools.knowledge.embeddings import EmbeddingsSettingError, LocalEmbeddings, embeddings_from_env


async def test_without_a_key_the_local_model_embeds() -> None:
    model = embeddings_from_env({})
    assert (model.provider, model.name, await model.dimensions()) == ("local", "all-MiniLM-L6-v2", 384)
    assert isinstance(model.embeddings, LocalEmbeddings)


async def test_with_a_key_openais_small_model_embeds() -> None:
    model = embeddings_from_env({"OPENAI_API_KEY": "test"})
    assert (model.provider, model.name, await model.dimensions()) == ("openai", "text-embedding-3-small", 1536)


def test_an_explicit_choice_wins_over_the_key() -> None:
    assert embeddings_from_env({"OPENAI_API_KEY": "test", "EMBEDDINGS": "local"}).provider == "local"
    chosen = embeddings_from_env({"OPENAI_API_KEY": "test", "EMBEDDINGS": "openai:text-embedding-3-large"})
    assert chosen.name == "text-embedding-3-large"


def test_a_compatible_server_needs_no_key_but_must_be_asked_for() -> None:
    base = {"OPENAI_BASE_URL": "http://127.0.0.1:11434/v1"}
    assert embeddings_from_env(base).provider == "local"
    model = embeddings_from_env({**base, "EMBEDDINGS": "openai:nomic-embed-text"})
    assert isinstance(model.embeddings, OpenAIEmbeddings)
    assert (model.name, model.embeddings.openai_api_base) == ("nomic-embed-text", base["OPENAI_BASE_URL"])


@pytest.mark.parametrize("setting", ["cohere:embed", "minilm", ":x"])
def test_an_unknown_setting_is_refused_with_what_is_allowed(setting: str) -> None:
    with pytest.raises(EmbeddingsSettingError, match="'local' or 'openai:<model>'"):
        embeddings_from_env({"EMBEDDINGS": setting})


def test_openai_without_key_or_server_is_refused() -> None:
    with pytest.raises(EmbeddingsSettingError, match="OPENAI_API_KEY or OPENAI_BASE_URL"):
        embeddings_from_env({"EMBEDDINGS": "openai:text-embedding-3-small"})


async def test_local_embeddings_agree_between_sync_async_query_and_documents() -> None:
    local = LocalEmbeddings()
    query = local.embed_query("long run")
    assert len(query) == 384
    assert math.isclose(sum(value * value for value in query), 1, abs_tol=1e-5)
    assert await local.aembed_query("long run") == query
    (document,) = await local.aembed_documents(["long run"])
    assert document == pytest.approx(query, abs=1e-6)
    assert local.embed_documents([]) == []
