"""A second look at words that no rule knows: which red flag's sentences they come nearest to in meaning.

Nobody can list every way of saying that one's legs fail. So a message without a flag is compared with example sentences
by the local embedding model (all-MiniLM-L6-v2, in this process: no text leaves the machine). What comes out is only ever
a question to ask, never a flag.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tools.knowledge.minilm import shared_model

LEAST_SIMILARITY = 0.55
LEAST_MARGIN = 0.05
"""How much nearer a flag's sentence must be than any harmless one. Both were chosen on sentences of tests/data/pain."""
MOST_SENTENCES = 8
_NONE = "none"
_FEWEST_WORDS = 4
_SENTENCE = re.compile(r"[.!?;\n]+")
_FIRST_PERSON = re.compile(r"\b(?:i|i'm|i've|my|me|myself)\b", re.IGNORECASE)


@dataclass(frozen=True)
class SimilarSign:
    """The flag whose example a sentence comes nearest to, and the cosine similarity."""

    id: str
    similarity: float
    example: str


def similar_sign(text: str, settled: Collection[str] = ()) -> SimilarSign | None:
    """The nearest red flag of any sentence of `text`, None where harmless examples are as near.

    `settled` are flags that the words themselves rule out. Computes for some 20 ms and loads a model at first: call it in
    a thread. Raises `tools.knowledge.weights.WeightsUnavailableError` where there is no model.
    """
    sentences = [one.strip() for one in _SENTENCE.split(text) if len(one.split()) >= _FEWEST_WORDS]
    if not sentences or (text.rstrip().endswith("?") and not _FIRST_PERSON.search(text)):
        return None
    ids, examples, vectors = _examples()
    similar = shared_model().encode(sentences[:MOST_SENTENCES]) @ vectors.T
    harmless = ids == _NONE
    flags = ~harmless & ~np.isin(ids, list(settled))
    if not flags.any():
        return None
    best: SimilarSign | None = None
    for row in similar:
        nearest = int(np.argmax(np.where(flags, row, -1.0)))
        value = float(row[nearest])
        clear = value >= LEAST_SIMILARITY and value > float(row[harmless].max()) + LEAST_MARGIN
        if clear and (best is None or value > best.similarity):
            best = SimilarSign(str(ids[nearest]), round(value, 3), examples[nearest])
    return best


@cache
def _examples() -> tuple[NDArray[np.str_], tuple[str, ...], NDArray[np.float32]]:
    """Flag ids, sentences and unit vectors of the examples; takes a second or two, once."""
    lines = Path(__file__).with_name("similar_signs.tsv").read_text(encoding="utf-8").splitlines()
    pairs = [line.split("\t", 1) for line in lines if line and not line.startswith("#")]
    examples = tuple(pair[1] for pair in pairs)
    return np.array([pair[0] for pair in pairs]), examples, shared_model().encode(examples)
