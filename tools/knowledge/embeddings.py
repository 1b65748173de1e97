"""Which embedding model turns text into vectors here: MiniLM in this process, or an OpenAI-compatible API."""

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass

from langchain_core.embeddings import Embeddings
from langchain_openai import OpenAIEmbeddings
from pydantic import SecretStr

from tools.knowledge.minilm import DIMENSIONS, shared_model

LOCAL_NAME = "all-MiniLM-L6-v2"
DEFAULT_OPENAI_MODEL = "text-embedding-3-small"
# https://platform.openai.com/docs/guides/embeddings; any other model is asked for a vector to find its size.
OPENAI_DIMENSIONS = {
    "text-embedding-3-small": 1536,
    "text-embedding-3-large": 3072,
    "text-embedding-ada-002": 1536,
}
# Servers without authentication still want a key from the client.
NO_KEY = "none"
SHORTENED = frozenset({"text-embedding-3-small", "text-embedding-3-large"})
"""Models that make shorter vectors when asked to."""
MAX_DIMENSIONS = 16_000
"""The longest vector that pgvector stores."""
VARIABLES = ("EMBEDDINGS", "OPENAI_API_KEY", "OPENAI_BASE_URL", "VECTOR_DIM")
"""What of the environment decides about the embedding model."""


class EmbeddingsSettingError(ValueError):
    """EMBEDDINGS names something that cannot be had."""


class LocalEmbeddings(Embeddings):
    """all-MiniLM-L6-v2 on this machine's CPU: 384 dimensions, no key, no network.

    The model is loaded at the first text. The async methods work in a thread, so that neither loading nor
    computing holds up the event loop.
    """

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Unit vectors of `texts`, in order. Raises WeightsUnavailableError if the model cannot be loaded."""
        if not texts:
            return []
        vectors: list[list[float]] = shared_model().encode(texts).tolist()
        return vectors

    def embed_query(self, text: str) -> list[float]:
        """Unit vector of `text`. Raises WeightsUnavailableError if the model cannot be loaded."""
        return self.embed_documents([text])[0]

    async def aembed_documents(self, texts: list[str]) -> list[list[float]]:
        """`embed_documents`, in a thread."""
        return await asyncio.to_thread(self.embed_documents, texts)

    async def aembed_query(self, text: str) -> list[float]:
        """`embed_query`, in a thread."""
        return await asyncio.to_thread(self.embed_query, text)


@dataclass(frozen=True)
class EmbeddingModel:
    """A way to embed text, with what tells its vectors from another model's."""

    provider: str
    name: str
    embeddings: Embeddings
    known_dimensions: int | None = None
    wanted_dimensions: int | None = None

    async def dimensions(self) -> int:
        """The length of its vectors; an unlisted model is asked for one to find out.

        Raises EmbeddingsSettingError if VECTOR_DIM asks for another.
        """
        known = self.known_dimensions
        if known is None:
            known = len(await self.embeddings.aembed_query("dimensions"))
        if self.wanted_dimensions not in (None, known):
            raise EmbeddingsSettingError(
                f"VECTOR_DIM is {self.wanted_dimensions}, but {self.name} makes vectors of {known}: set VECTOR_DIM={known} "
                "or leave it out, then run `planloom reindex`"
            )
        return known


def embeddings_from_env(environ: Mapping[str, str] = os.environ) -> EmbeddingModel:
    """The embedding model that the environment asks for.

    `EMBEDDINGS` is `local` or `openai:<model>` (`openai` alone means text-embedding-3-small). Unset, it is
    OpenAI's with OPENAI_API_KEY and the local one otherwise: a server named by OPENAI_BASE_URL alone may not
    embed at all. `VECTOR_DIM` is how long the API's vectors are to be: models that can make shorter ones do, of others
    it is checked; the local model has its own. Raises EmbeddingsSettingError on another value, and on `openai` with no
    key and no base URL.
    """
    key, base_url = environ.get("OPENAI_API_KEY") or None, environ.get("OPENAI_BASE_URL") or None
    setting = environ.get("EMBEDDINGS", "").strip() or ("openai" if key else "local")
    provider, _, name = setting.partition(":")
    if setting == "local":
        return EmbeddingModel("local", LOCAL_NAME, LocalEmbeddings(), DIMENSIONS)
    if provider != "openai":
        raise EmbeddingsSettingError(f"EMBEDDINGS={setting!r}: use 'local' or 'openai:<model>'")
    if key is None and base_url is None:
        raise EmbeddingsSettingError(f"EMBEDDINGS={setting!r} needs OPENAI_API_KEY or OPENAI_BASE_URL")
    return openai_embeddings(name or DEFAULT_OPENAI_MODEL, key or NO_KEY, base_url, _vector_dim(environ))


def _vector_dim(environ: Mapping[str, str]) -> int | None:
    told = environ.get("VECTOR_DIM", "").strip()
    if not told:
        return None
    if not told.isdigit() or not 1 <= int(told) <= MAX_DIMENSIONS:
        raise EmbeddingsSettingError(f"VECTOR_DIM={told!r}: a whole number from 1 to {MAX_DIMENSIONS}")
    return int(told)


def openai_embeddings(name: str, key: str, base_url: str | None, dimensions: int | None = None) -> EmbeddingModel:
    """A model behind OpenAI's embeddings API, at OpenAI (`base_url` None) or any compatible server."""
    longest = OPENAI_DIMENSIONS.get(name)
    shortened = name in SHORTENED and dimensions is not None and longest is not None and dimensions < longest
    client = OpenAIEmbeddings(
        model=name,
        openai_api_key=SecretStr(key),
        openai_api_base=base_url,
        # Sends text rather than token numbers, which only OpenAI understands, and spares the download of a
        # token table. What is embedded here (chunks of ~200 tokens, trimmed questions) exceeds no limit.
        check_embedding_ctx_length=False,
        dimensions=dimensions if shortened else None,
    )
    return EmbeddingModel("openai", name, client, dimensions if shortened else longest, dimensions)
