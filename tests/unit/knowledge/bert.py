"""BERT's forward pass in plain numpy, one text at a time: an independent check of the onnx graph."""

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

LAYERS = 6
HEADS = 12
erf = np.vectorize(math.erf)


def embed(weights: dict[str, NDArray[np.float32]], ids: list[int]) -> Array:
    """The unit sentence vector of the token `ids`, in double precision."""
    tensors = {name: array.astype(np.float64) for name, array in weights.items()}

    def dense(rows: Array, name: str) -> Array:
        return rows @ tensors[f"{name}.weight"].T + tensors[f"{name}.bias"]

    def norm(rows: Array, name: str) -> Array:
        centred = rows - rows.mean(axis=-1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-12)
        return scaled * tensors[f"{name}.weight"] + tensors[f"{name}.bias"]

    def attend(rows: Array, name: str) -> Array:
        query, key, value = (dense(rows, f"{name}.self.{part}") for part in ("query", "key", "value"))
        heads = []
        for part in np.split(np.arange(rows.shape[1]), HEADS):
            scores = query[:, part] @ key[:, part].T / math.sqrt(len(part))
            weighted = np.exp(scores - scores.max(axis=1, keepdims=True))
            heads.append(weighted / weighted.sum(axis=1, keepdims=True) @ value[:, part])
        return norm(rows + dense(np.hstack(heads), f"{name}.output.dense"), f"{name}.output.LayerNorm")

    rows = tensors["embeddings.word_embeddings.weight"][ids]
    rows = rows + tensors["embeddings.position_embeddings.weight"][: len(ids)]
    rows = norm(rows + tensors["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
    for index in range(LAYERS):
        name = f"encoder.layer.{index}"
        rows = attend(rows, f"{name}.attention")
        wide = dense(rows, f"{name}.intermediate.dense")
        gelu = wide * 0.5 * (1 + erf(wide / math.sqrt(2)))
        rows = norm(rows + dense(gelu, f"{name}.output.dense"), f"{name}.output.LayerNorm")
    mean: Array = rows.mean(axis=0)
    return mean / np.linalg.norm(mean)
