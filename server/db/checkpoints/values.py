"""How values are stored: their types and bytes as rows have them, in pieces where that pays, and back."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from langgraph.checkpoint.serde.types import _DeltaSnapshot
from psycopg import AsyncCursor
from psycopg.rows import DictRow

from server.db.checkpoints.msgpack import array_header, container_at, end_of
from server.db.checkpoints.pieces import (
    PREFIX,
    PieceNotFoundError,
    cut,
    leading_of_list,
    names_in,
    pieces_of,
    put_together,
)
from server.metrics.storage import CHECKPOINT_BYTES

_HELD = "select checkpoint_pieces_held(%s, %s)"
_INSERT = """insert into checkpoint_pieces (thread_id, name, piece)
             select %s, * from unnest(%s::bytea[], %s::bytea[]) on conflict do nothing"""
_REACHED = "select name, piece from checkpoint_pieces_reached(%s, %s, %s)"
_SNAPSHOT_CODE = 7  # of the msgpack extension that the library writes a `_DeltaSnapshot` as


@dataclass(slots=True)
class Pieces:
    """The pieces that a write needs, and the names that the manifests and groups among them have of others.

    If it does not `cut`, values are stored as the library's saver does.
    """

    cuts: bool = True
    held: dict[bytes, bytes] = field(default_factory=dict)
    groups: set[bytes] = field(default_factory=set)
    named: set[bytes] = field(default_factory=set)

    def stored(self, kind: str, value: bytes | None) -> tuple[str, bytes | None]:
        """The type and bytes that stand for a value's in its row."""
        parts = cut(value) if self.cuts and kind == "msgpack" and value is not None else None
        stored = value if parts is None else parts.manifest
        CHECKPOINT_BYTES.inc(len(stored or b""))
        if parts is None:
            return kind, stored
        self.held |= parts.pieces
        self.groups |= parts.groups
        self.named.update(*names_in(parts.manifest))
        return PREFIX + kind, stored

    def add(self, others: "Pieces") -> None:
        """Have those of another write, too."""
        self.held |= others.held
        self.groups |= others.groups
        self.named |= others.named

    async def insert(self, cursor: AsyncCursor[DictRow], thread_id: str, known: set[bytes]) -> None:
        """Store the pieces but those `known` to be stored, in `cursor`'s transaction, before the rows that name them.

        The transaction fails with the SQLSTATE `MISSING_PIECE` if one that is named is neither stored nor among them.
        """
        sent = sorted(
            self.held.keys() - known
        )  # in one order for all, so that writers don't wait for each other in turn
        named = self.named.union(*(name for group in self.groups - known for name in names_in(self.held[group])))
        await cursor.execute(_HELD, (thread_id, sorted(named.difference(sent))))
        if sent:
            pieces = [self.held[name] for name in sent]
            CHECKPOINT_BYTES.inc(sum(map(len, pieces)))
            await cursor.execute(_INSERT, (thread_id, sent, pieces))


def in_pieces(kind: str) -> bool:
    """Whether a row of that type has a manifest instead of a value."""
    return kind.startswith(PREFIX)


async def fetch_pieces(cursor: AsyncCursor[DictRow], thread_id: str, manifests: Iterable[bytes]) -> dict[bytes, bytes]:
    """Every piece and group that the manifests lead to, by its name. Raises `PieceNotFoundError`."""
    pieces: set[bytes] = set()
    groups: set[bytes] = set()
    for manifest in manifests:
        some_pieces, some_groups = names_in(manifest)
        pieces.update(some_pieces)
        groups.update(some_groups)
    if not pieces and not groups:
        return {}
    await cursor.execute(_REACHED, (thread_id, list(pieces), list(groups)), binary=True)
    found = {row["name"]: row["piece"] for row in await cursor.fetchall()}
    named = pieces | groups
    while groups:
        inner = [names_in(found[group]) for group in groups if group in found]
        groups = {name for _, names in inner for name in names}
        named.update(groups, *(names for names, _ in inner))
    if missing := named - found.keys():
        raise PieceNotFoundError(f"{len(missing)} pieces of values of thread {thread_id} are missing")
    return found


def whole(kind: str, value: bytes, pieces: Mapping[bytes, bytes]) -> tuple[str, bytes]:
    """The type and bytes as the serializer wrote them. Raises `PieceNotFoundError`."""
    if not in_pieces(kind):
        return kind, value
    return kind.removeprefix(PREFIX), put_together(value, pieces)


def listed(
    kind: str, manifest: bytes, pieces: Mapping[bytes, bytes], load: Callable[[bytes], list[Any]]
) -> list[Any] | _DeltaSnapshot | None:
    """A list, or the snapshot of one, that is stored item by item, its pieces decoded by `load`; None for anything else.

    Raises `PieceNotFoundError`.
    """
    leading = leading_of_list(manifest) if kind == f"{PREFIX}msgpack" else None
    held = container_at(leading, 0) if leading else None
    if leading is None or held is None:
        return None
    is_snapshot = held.kind == "extension" and leading[held.start - 1] == _SNAPSHOT_CODE
    if held.kind != "array" and not is_snapshot:
        return None
    items = [item for piece in pieces_of(manifest, pieces) for item in load(piece)]
    return _DeltaSnapshot(items) if is_snapshot else items


def as_array(piece: bytes) -> bytes:
    """The items that are a piece as one msgpack array."""
    count = end = 0
    while end < len(piece):
        end, count = end_of(piece, end), count + 1
    return array_header(count) + piece


def manifests_in(rows: Iterable[Sequence[Any] | None], kind_at: int) -> list[bytes]:
    """The manifests among a checkpoint's values or writes as its row has them, the type at `kind_at`, the bytes after it."""
    prefix = PREFIX.encode()
    return [row[kind_at + 1] for row in rows if row is not None and row[kind_at].startswith(prefix)]
