"""Embeddings on the wire. The vectors are hashed words: texts that share words are near, and nothing else is."""

import base64
import hashlib
import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

Json = dict[str, Any]

DIMENSIONS = {"text-embedding-3-small": 1536, "text-embedding-3-large": 3072, "text-embedding-ada-002": 1536}
OTHER_DIMENSIONS = 64


def embeddings(request: Json) -> Json:
    """The answer to an embeddings request: `input` is a text, a list of texts, or token numbers in either form."""
    size = request.get("dimensions") or DIMENSIONS.get(request["model"], OTHER_DIMENSIONS)
    as_base64 = request.get("encoding_format") == "base64"
    items = [words(text) for text in inputs(request["input"])]
    data = [
        {"object": "embedding", "index": index, "embedding": encode(vector(item, size), as_base64)}
        for index, item in enumerate(items)
    ]
    count = sum(map(len, items))
    usage = {"prompt_tokens": count, "total_tokens": count}
    return {"object": "list", "data": data, "model": request["model"], "usage": usage}


def inputs(value: Any) -> list[Any]:
    """The texts (or token lists) of `input`."""
    if isinstance(value, str) or (value and isinstance(value[0], int)):
        return [value]
    return list(value)


def words(item: str | list[int]) -> list[str]:
    """The words of a text, or token numbers as they are."""
    return re.findall(r"[a-z0-9]+", item.lower()) if isinstance(item, str) else [f"#{number}" for number in item]


def vector(item: list[str], size: int) -> NDArray[np.float32]:
    """A unit vector of `size` with a signed count for each word."""
    result = np.zeros(size, dtype=np.float32)
    for word in item:
        digest = int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest(), "big")
        result[digest % size] += 1.0 if digest >> 63 else -1.0
    length = float(np.linalg.norm(result))
    return result / np.float32(length) if length else np.full(size, size**-0.5, dtype=np.float32)


def encode(values: NDArray[np.float32], as_base64: bool) -> list[float] | str:
    """The vector as numbers, or as base64 of little-endian float32."""
    return base64.b64encode(values.astype("<f4").tobytes()).decode() if as_base64 else values.tolist()
