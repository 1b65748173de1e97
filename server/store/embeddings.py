"""Who turns items into vectors: what `store.index.embed` of `langgraph.json` names."""

import os
from pathlib import Path
from typing import Any

from langchain_core.embeddings import Embeddings
from langgraph.store.base import ensure_embeddings
from pydantic import SecretStr

from server.errors import StartupError, Unavailable
from server.langgraph_sections import StoreIndexSpec
from server.project_code import load_named

KEY = "store.index.embed"


class EmbeddingFailedError(Unavailable):
    """The project's embedding raised, or returned something that is no list of vectors."""


class CheckedEmbeddings(Embeddings):
    """An embedding whose failures are told apart from the caller's."""

    def __init__(self, inner: Embeddings, dims: int) -> None:
        self._inner = inner
        self._dims = dims

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """A vector per text. Raises `EmbeddingFailedError`."""
        try:
            vectors = self._inner.embed_documents(texts)
        except Exception as error:
            raise _failed(error) from error
        return self._checked(vectors, texts)

    async def aembed_documents(self, texts: list[str]) -> list[list[float]]:
        """A vector per text. Raises `EmbeddingFailedError`."""
        try:
            vectors = await self._inner.aembed_documents(texts)
        except Exception as error:
            raise _failed(error) from error
        return self._checked(vectors, texts)

    def embed_query(self, text: str) -> list[float]:
        """The vector of one text. Raises `EmbeddingFailedError`."""
        return self.embed_documents([text])[0]

    async def aembed_query(self, text: str) -> list[float]:
        """The vector of one text. Raises `EmbeddingFailedError`."""
        return (await self.aembed_documents([text]))[0]

    def _checked(self, vectors: Any, texts: list[str]) -> list[list[float]]:
        try:
            made = [[float(number) for number in vector] for vector in vectors]
        except (TypeError, ValueError) as error:
            raise _failed(error) from error
        if len(made) != len(texts) or any(len(vector) != self._dims for vector in made):
            sizes = sorted({len(vector) for vector in made})
            raise EmbeddingFailedError(
                f"the store's embedding ({KEY}) returned {len(made)} vectors of {sizes} dimensions for {len(texts)} texts; "
                f"store.index.dims is {self._dims}"
            )
        return made


def load_embeddings(spec: StoreIndexSpec, folder: Path) -> Embeddings:
    """The embedding that `spec` names: `openai:<model>`, or a function or `Embeddings` at `./file.py:name` or
    `package.module:name` relative to `folder`. Raises `StartupError`.
    """
    where, _, name = spec.embed.partition(":")
    if where == "openai":
        return CheckedEmbeddings(_openai(name, spec.dims), spec.dims)
    if not name or not (where.endswith(".py") or "." in where or "/" in where):
        raise StartupError(
            f"langgraph.json: {KEY}: {spec.embed!r} is not known; use 'openai:<model>', or './file.py:name' of a function "
            "from texts to vectors"
        )
    embed = load_named(KEY, spec.embed, folder)
    if not callable(embed) and not isinstance(embed, Embeddings):
        raise StartupError(f"langgraph.json: {KEY} ({spec.embed}) is a {type(embed).__name__}; name a function")
    return CheckedEmbeddings(ensure_embeddings(embed), spec.dims)


def _openai(model: str, dims: int) -> Embeddings:
    # imported for those who use it: it is slow to import
    from langchain_openai import OpenAIEmbeddings  # noqa: PLC0415

    key, base_url = os.environ.get("OPENAI_API_KEY"), os.environ.get("OPENAI_BASE_URL")
    if not model or not (key or base_url):
        raise StartupError(
            f"langgraph.json: {KEY}: 'openai:<model>' needs a model, and OPENAI_API_KEY or OPENAI_BASE_URL"
        )
    return OpenAIEmbeddings(
        model=model,
        # these can be cut to any length; others have theirs
        dimensions=dims if model.startswith("text-embedding-3") else None,
        openai_api_key=SecretStr(key or "none"),
        openai_api_base=base_url or None,
        # send text as it is: counting tokens first would download a table, and mean nothing to other servers
        check_embedding_ctx_length=False,
    )


def _failed(error: Exception) -> EmbeddingFailedError:
    said = " ".join(str(error).split()) or "no message"
    return EmbeddingFailedError(f"the store's embedding ({KEY}) failed: {type(error).__name__}: {said}; retry")
