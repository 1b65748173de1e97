"""How values are stored: their types and bytes as rows have them, in pieces where that pays, and back."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from psycopg import AsyncCursor
from psycopg.rows import DictRow

from server.db.checkpoints.pieces import PREFIX, cut, names_in, put_together

_HELD = "select checkpoint_pieces_held(%s, %s)"
_INSERT = """insert into checkpoint_pieces (thread_id, name, piece)
             select %s, * from unnest(%s::bytea[], %s::bytea[]) on conflict do nothing"""
_REACHED = "select name, piece from checkpoint_pieces_reached(%s, %s, %s)"


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
        if parts is None:
            return kind, value
        self.held |= parts.pieces
        self.groups |= parts.groups
        self.named.update(*names_in(parts.manifest))
        return PREFIX + kind, parts.manifest

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
            await cursor.execute(_INSERT, (thread_id, sent, [self.held[name] for name in sent]))


def in_pieces(kind: str) -> bool:
    """Whether a row of that type has a manifest instead of a value."""
    return kind.startswith(PREFIX)


async def fetch_pieces(cursor: AsyncCursor[DictRow], thread_id: str, manifests: Iterable[bytes]) -> dict[bytes, bytes]:
    """Every piece and group that the manifests lead to, by its name."""
    pieces: set[bytes] = set()
    groups: set[bytes] = set()
    for manifest in manifests:
        some_pieces, some_groups = names_in(manifest)
        pieces.update(some_pieces)
        groups.update(some_groups)
    if not pieces and not groups:
        return {}
    await cursor.execute(_REACHED, (thread_id, list(pieces), list(groups)), binary=True)
    return {row["name"]: row["piece"] for row in await cursor.fetchall()}


def whole(kind: str, value: bytes, pieces: dict[bytes, bytes]) -> tuple[str, bytes]:
    """The type and bytes as the serializer wrote them. Raises `PieceNotFoundError`."""
    if not in_pieces(kind):
        return kind, value
    return kind.removeprefix(PREFIX), put_together(value, pieces)


def manifests_in(rows: Iterable[Sequence[Any] | None], kind_at: int) -> list[bytes]:
    """The manifests among a checkpoint's values or writes as its row has them, the type at `kind_at`, the bytes after it."""
    prefix = PREFIX.encode()
    return [row[kind_at + 1] for row in rows if row is not None and row[kind_at].startswith(prefix)]
