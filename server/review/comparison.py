"""Two runs side by side: which nodes both went through, and how times, tokens, tools, answers and plan changes differ."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal, TypeVar

from server.review.figures import compact
from server.review.model import RunReview, Span, ToolCall

_T = TypeVar("_T")

_ALIKE = 0.4  # of the words, below which a text was not changed but is another

Side = Literal["both", "left", "right"]


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of both runs; `unit` says how it is written. None where a run does not know it."""

    name: str
    unit: Literal["seconds", "count"]
    left: float | None
    right: float | None

    @property
    def difference(self) -> float | None:
        """How much more the right one has."""
        return None if self.left is None or self.right is None else self.right - self.left


@dataclass(frozen=True, slots=True)
class SpanPair:
    """A step that both runs took, or one of them; `depth` is how deep it is in its run."""

    depth: int
    left: Span | None
    right: Span | None

    @property
    def name(self) -> str:
        """What it is called in either."""
        return (self.left or self.right or _NOTHING).name

    @property
    def difference(self) -> float | None:
        """How much longer it took on the right."""
        left, right = (one.seconds if one else None for one in (self.left, self.right))
        return None if left is None or right is None else right - left


@dataclass(frozen=True, slots=True)
class ToolPair:
    """A tool that both runs called in the same place, or one of them."""

    left: ToolCall | None
    right: ToolCall | None

    @property
    def is_same(self) -> bool:
        """Whether both were called with the same arguments and gave the same result."""
        sides = [
            None if one is None else (one.name, compact(one.arguments), one.result) for one in (self.left, self.right)
        ]
        return sides[0] == sides[1]


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of text that is in both, or on one side."""

    side: Side
    text: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """All that is told of two runs together."""

    left: RunReview
    right: RunReview
    figures: tuple[Figure, ...]
    spans: tuple[SpanPair, ...]
    tools: tuple[ToolPair, ...]
    answer: tuple[Piece, ...]
    changes: tuple[Piece, ...]
    passages: tuple[Piece, ...]


def compare(left: RunReview, right: RunReview) -> Comparison:
    """Put two runs side by side."""
    flat_left, flat_right = list(left.flat()), list(right.flat())
    spans = _aligned(flat_left, flat_right, lambda one: (one[0], one[1].kind, one[1].name))
    return Comparison(
        left=left,
        right=right,
        figures=_figures(left, right),
        spans=tuple(
            SpanPair((one or other or (0, _NOTHING))[0], one[1] if one else None, other[1] if other else None)
            for one, other in spans
        ),
        tools=tuple(ToolPair(*pair) for pair in _aligned(left.tools, right.tools, lambda call: call.name)),
        answer=_wording(left.said, right.said),
        changes=_pieces(_changes(left), _changes(right)),
        passages=_pieces(_passages(left), _passages(right)),
    )


def _figures(left: RunReview, right: RunReview) -> tuple[Figure, ...]:
    def tokens(run: RunReview, which: str) -> float | None:
        return None if run.usage is None else getattr(run.usage, which)

    return (
        Figure("duration", "seconds", left.seconds, right.seconds),
        Figure("waited", "seconds", left.waited_seconds, right.waited_seconds),
        Figure("first token", "seconds", left.first_token_seconds, right.first_token_seconds),
        Figure("nodes", "count", *(sum(one.kind == "node" for _, one in run.flat()) for run in (left, right))),
        Figure("model calls", "count", len(left.models), len(right.models)),
        Figure("tokens in", "count", tokens(left, "input"), tokens(right, "input")),
        Figure("tokens out", "count", tokens(left, "output"), tokens(right, "output")),
        Figure("tool calls", "count", len(left.tools), len(right.tools)),
        Figure("plan changes", "count", len(_changes(left)), len(_changes(right))),
        Figure("attempts", "count", left.attempts, right.attempts),
    )


def _aligned(left: Sequence[_T], right: Sequence[_T], key: Callable[[_T], object]) -> list[tuple[_T | None, _T | None]]:
    """Both sequences side by side, with those of the same key in the same rows wherever the order allows."""
    matcher = SequenceMatcher(None, [key(one) for one in left], [key(one) for one in right], autojunk=False)
    rows: list[tuple[_T | None, _T | None]] = []
    for tag, left_start, left_end, right_start, right_end in matcher.get_opcodes():
        if tag == "equal":
            rows += zip(left[left_start:left_end], right[right_start:right_end], strict=True)
        else:
            rows += [(one, None) for one in left[left_start:left_end]]
            rows += [(None, one) for one in right[right_start:right_end]]
    return rows


def _pieces(left: Sequence[str], right: Sequence[str]) -> tuple[Piece, ...]:
    pieces: list[Piece] = []
    for tag, left_start, left_end, right_start, right_end in SequenceMatcher(
        None, left, right, autojunk=False
    ).get_opcodes():
        if tag == "equal":
            pieces += [Piece("both", one) for one in left[left_start:left_end]]
        else:
            pieces += [Piece("left", one) for one in left[left_start:left_end]]
            pieces += [Piece("right", one) for one in right[right_start:right_end]]
    return tuple(pieces)


def _wording(left: str, right: str) -> tuple[Piece, ...]:
    """Both texts word by word; whole where they have too little in common for that to be read."""
    words = _words(left), _words(right)
    if SequenceMatcher(None, *words, autojunk=False).ratio() < _ALIKE:
        return tuple(Piece(side, text) for side, text in _sides(left, right) if text)
    merged: list[Piece] = []
    for piece in _pieces(*words):
        if merged and merged[-1].side == piece.side:
            merged[-1] = Piece(piece.side, merged[-1].text + piece.text)
        else:
            merged.append(piece)
    return tuple(merged)


def _sides(left: str, right: str) -> tuple[tuple[Side, str], ...]:
    return ("left", left), ("right", right)


def _words(text: str) -> list[str]:
    """The words with the white space after them, so that joined they are the text again."""
    words: list[str] = []
    for one in text.splitlines(keepends=True):
        parts = one.split(" ")
        words += [f"{part} " for part in parts[:-1]] + [parts[-1]]
    return [word for word in words if word]


def _changes(run: RunReview) -> list[str]:
    return [change.text or change.title for diff in run.diffs for change in diff.changes]


def _passages(run: RunReview) -> list[str]:
    """Found passages, by title and where they begin; their scores differ with every query."""
    return [hit.title or hit.text[:80] for found in run.retrievals for hit in found.hits]


_NOTHING = Span("step", "", None, None)
