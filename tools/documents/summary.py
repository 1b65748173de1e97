"""What a document says in a few of its own sentences: the most central ones, in the order in which they stand.

Source: Mihalcea and Tarau, TextRank: Bringing Order into Texts (2004).
"""

import math
import re
from collections.abc import Sequence

MOST_SENTENCES = 400
"""Sentences beyond this are not weighed: the work grows with their square."""

_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9“\"(])")
_WORD = re.compile(r"[a-z][a-z'-]+")
_COMMON = frozenset(
    re.findall(
        r"\S+",
        "the a an and or but of to in on for with by from at as is are was were be been it its this that "
        "these those which who what when where how not no can may will would should could have has had do "
        "does did there their they them he she his her we our you your i my me us if then than so such also "
        "into over under more most other some any each all ",
    )
)
_DAMPING = 0.85
_ROUNDS = 30
_SHORTEST = 5


def summary(texts: Sequence[str], sentences: int = 5) -> list[str]:
    """Return the most central sentences of a text in their order; fewer where there are fewer.

    Raises ValueError for fewer than one sentence or more than 20.
    """
    if not 1 <= sentences <= 20:
        raise ValueError("A summary has 1 to 20 sentences.")
    found = _sentences(texts)
    words = [frozenset(_WORD.findall(sentence.lower())) - _COMMON for sentence in found]
    ranks = _rank(words)
    best = sorted(sorted(range(len(found)), key=lambda index: -ranks[index])[:sentences])
    return [found[index] for index in best]


def _sentences(texts: Sequence[str]) -> list[str]:
    seen: dict[str, None] = {}
    for text in texts:
        for paragraph in text.split("\n\n"):
            for sentence in _END.split(" ".join(paragraph.split())):
                if len(sentence.split()) >= _SHORTEST:
                    seen.setdefault(sentence, None)
    return list(seen)[:MOST_SENTENCES]


def _rank(words: Sequence[frozenset[str]]) -> list[float]:
    count = len(words)
    weights = [[0.0] * count for _ in range(count)]
    for i in range(count):
        for j in range(i):
            shared = len(words[i] & words[j])
            if shared:
                weights[i][j] = weights[j][i] = shared / (math.log(len(words[i]) + 1) + math.log(len(words[j]) + 1))
    totals = [sum(row) for row in weights]
    ranks = [1.0] * count
    for _ in range(_ROUNDS):
        ranks = [
            1 - _DAMPING + _DAMPING * sum(weights[j][i] / totals[j] * ranks[j] for j in range(count) if weights[j][i])
            for i in range(count)
        ]
    return ranks
