"""The real OpenAI clients fetch vectors over real HTTP from the stand-in."""

import openai
import pytest

from tests.openai_server import OpenAIServer
from tools.knowledge.embeddings import embeddings_from_env


async def test_documents_and_queries_are_sent_as_text(openai_server: OpenAIServer) -> None:
    model = embeddings_from_env({"OPENAI_API_KEY": "test", "OPENAI_BASE_URL": openai_server.base_url})
    documents = await model.embeddings.aembed_documents(["a long run", "a short nap", "a long ride"])
    query = await model.embeddings.aembed_query("a long run")
    assert [len(vector) for vector in documents] == [1536, 1536, 1536]
    assert query == pytest.approx(documents[0], abs=1e-6)
    assert [request["input"] for request in openai_server.embedding_requests] == [
        ["a long run", "a short nap", "a long ride"],
        ["a long run"],
    ]
    assert {request["model"] for request in openai_server.embedding_requests} == {"text-embedding-3-small"}


async def test_an_unlisted_models_dimensions_are_asked_of_it(openai_server: OpenAIServer) -> None:
    environ = {"OPENAI_BASE_URL": openai_server.base_url, "EMBEDDINGS": "openai:nomic-embed-text"}
    model = embeddings_from_env(environ)
    assert await model.dimensions() == 64
    assert openai_server.requests[0].body["model"] == "nomic-embed-text"


async def test_both_encodings_carry_the_same_vector(openai_server: OpenAIServer) -> None:
    async with openai.AsyncOpenAI(base_url=openai_server.base_url, api_key="test") as client:
        model = "text-embedding-3-small"
        by_default = await client.embeddings.create(model=model, input="taper", dimensions=8)
        as_floats = await client.embeddings.create(model=model, input=["taper"], dimensions=8, encoding_format="float")
        tokens = await client.embeddings.create(model=model, input=[[1, 2], [3]], dimensions=8)
    assert by_default.data[0].embedding == pytest.approx(as_floats.data[0].embedding)
    assert openai_server.embedding_requests[0]["encoding_format"] == "base64"
    assert [len(item.embedding) for item in tokens.data] == [8, 8]


async def test_a_failure_keeps_its_kind(openai_server: OpenAIServer) -> None:
    openai_server.fail_embeddings(401)
    model = embeddings_from_env({"OPENAI_API_KEY": "test", "OPENAI_BASE_URL": openai_server.base_url})
    with pytest.raises(openai.AuthenticationError, match="Incorrect API key"):
        await model.embeddings.aembed_query("taper")
