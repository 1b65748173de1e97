"""A stored value in pieces: what a list holds already is stored once, however often the list is written again.

A value's msgpack bytes are cut where the items of its lists begin and end. Each piece is named by the hash of its bytes;
the value itself becomes a manifest, the names of its pieces in order. Runs of names become groups, pieces of their own
whose bounds follow from the names (as in a B-tree whose nodes are split by content), so that the manifest of a list that
grew differs from the one before in its last few names only, and stays small. Putting the pieces together gives back the
very bytes that were cut, whatever they mean: nothing is decoded, so nothing can be decoded wrongly.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final

from server.db.checkpoints.msgpack import NotMsgpackError, container_at, end_of, values_from

PREFIX: Final = "planloom-pieces/"
"""Precedes the type of a value that is stored as a manifest."""

WHOLE: Final = 2048
"""Bytes of a value up to which it is not worth cutting."""

MISSING_PIECE: Final = "PLPCE"
"""The SQLSTATE that `checkpoint_pieces_held` raises when a piece that a manifest names is not there."""

_ITEM = 16384  # bytes of an item of a list up to which it is one piece
_PIECE = 256  # bytes that smaller neighbours are gathered up to
_ITEMS = 20_000  # of a list, up to which its items are looked for: cutting is not to cost more than writing
_NAMES = 32  # in a manifest, up to which they are not grouped
_GROUP = 64  # names in a group at most

_BYTES, _LIST = (
    b"\0",
    b"\1",
)  # a manifest's first byte: whether its first entry precedes a list's items, the others hold them
_ENTRY = 17  # bytes: what it is, then a name or up to 16 literal bytes, padded
_PIECE_TAG, _GROUP_TAG, _LITERAL_TAG = 1, 2, 16


@dataclass(slots=True)
class Cut:
    """A value in pieces: its manifest, and every piece and group by its name."""

    manifest: bytes
    pieces: dict[bytes, bytes] = field(default_factory=dict)
    groups: set[bytes] = field(default_factory=set)


class PieceNotFoundError(LookupError):
    """A manifest names a piece that is not stored."""


def cut(value: bytes) -> Cut | None:
    """The value in pieces, or None if it is small or has no lists to cut. `value` is msgpack, as a serializer wrote it."""
    if len(value) <= WHOLE:
        return None
    try:
        listed = _items_of(value)
        items = listed[0][0] if listed else 0
        spans = list(_gathered(len(value), items, listed or _atoms(value, 0, len(value), WHOLE)))
    except (NotMsgpackError, IndexError):
        return None
    if len(spans) < 4:
        return None
    result = Cut(b"")
    leading = _entry(value[:items], result) if items else b""
    entries = _grouped([_entry(value[start:end], result) for start, end in spans], result)
    result.manifest = (_LIST if items else _BYTES) + leading + b"".join(entries)
    return result


def leading_of_list(manifest: bytes) -> bytes | None:
    """The bytes before the first item if each piece of the value is a number of whole items of one list, else None."""
    return manifest[2 : 2 + manifest[1] - _LITERAL_TAG] if manifest[:1] == _LIST else None


def pieces_of(manifest: bytes, pieces: Mapping[bytes, bytes]) -> Iterator[bytes]:
    """The pieces themselves, in order, of a value that `leading_of_list` is not None of. Raises `PieceNotFoundError`."""
    return _parts(manifest[:1] + manifest[1 + _ENTRY :], pieces)


def names_in(manifest: bytes) -> tuple[list[bytes], list[bytes]]:
    """The pieces and the groups that a manifest or a group names."""
    tags = manifest[1::_ENTRY]
    names = [manifest[at + 1 : at + _ENTRY] for at in range(1, len(manifest), _ENTRY)]
    return (
        [name for tag, name in zip(tags, names, strict=True) if tag == _PIECE_TAG],
        [name for tag, name in zip(tags, names, strict=True) if tag == _GROUP_TAG],
    )


def put_together(manifest: bytes, pieces: Mapping[bytes, bytes]) -> bytes:
    """The bytes that were cut. Raises `PieceNotFoundError`."""
    return b"".join(_parts(manifest, pieces))


def _parts(manifest: bytes, pieces: Mapping[bytes, bytes]) -> Iterator[bytes]:
    for at in range(1, len(manifest), _ENTRY):
        tag, name = manifest[at], manifest[at + 1 : at + _ENTRY]
        if tag >= _LITERAL_TAG:
            yield name[: tag - _LITERAL_TAG]
            continue
        if name not in pieces:
            raise PieceNotFoundError(f"piece {name.hex()} of a stored value is missing")
        if tag == _GROUP_TAG:
            yield from _parts(pieces[name], pieces)
        else:
            yield pieces[name]


def _entry(piece: bytes, result: Cut) -> bytes:
    if len(piece) < _ENTRY:
        return bytes([_LITERAL_TAG + len(piece)]) + piece.ljust(_ENTRY - 1, b"\0")
    return bytes([_PIECE_TAG]) + _named(piece, result)


def _named(piece: bytes, result: Cut) -> bytes:
    name = blake2b(piece, digest_size=_ENTRY - 1).digest()
    result.pieces[name] = piece
    return name


def _grouped(entries: list[bytes], result: Cut) -> list[bytes]:
    while len(entries) > _NAMES:
        shorter: list[bytes] = []
        run: list[bytes] = []
        for entry in entries:
            run.append(entry)
            ends = entry[0] < _LITERAL_TAG and entry[-1] % 16 == 0
            if (ends and len(run) >= 4) or len(run) == _GROUP:
                name = _named(_BYTES + b"".join(run), result)
                result.groups.add(name)
                shorter.append(bytes([_GROUP_TAG]) + name)
                run = []
        shorter += run
        if len(shorter) == len(entries):
            break
        entries = shorter
    return entries


def _items_of(value: bytes) -> list[tuple[int, int]]:
    """The spans of the items if the value is one list (or an extension around one) whose items are one piece each."""
    held = container_at(value, 0)
    if held is not None and held.kind == "extension" and _is_value(value, held.start, len(value)):
        held = container_at(value, held.start)
    if held is None or held.kind != "array" or held.count > _ITEMS or held.start >= _ENTRY:
        return []
    spans = list(values_from(value, held.start, held.count))
    return spans if all(end - start <= _ITEM for start, end in spans) else []


def _gathered(size: int, start: int, atoms: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The spans of the pieces, which cover `size` bytes from `start` on: small neighbours together, what is large alone."""
    least = max(_PIECE, 1 << (size >> 12).bit_length()) if size > (1 << 20) else _PIECE
    for begin, end in atoms:
        if end - begin >= least and begin > start:
            yield start, begin
            start = begin
        if end - start >= least:
            yield start, end
            start = end
    if start < size:
        yield start, size


def _atoms(value: bytes, at: int, end: int, large: int) -> Iterator[tuple[int, int]]:
    """The spans of what is not cut further, which cover the value from `at` to `end`. Values of up to `large` bytes are not."""
    held = container_at(value, at) if end - at > large else None
    if held is None or held.count > _ITEMS or (held.kind == "extension" and not _is_value(value, held.start, end)):
        yield at, end
        return
    yield at, held.start
    if held.kind == "extension":
        yield from _atoms(value, held.start, end, large)
        return
    inner = _ITEM if held.kind == "array" else large
    for begin, stop in values_from(value, held.start, held.count):
        yield from _atoms(value, begin, stop, inner)


def _is_value(value: bytes, at: int, end: int) -> bool:
    try:
        return end_of(value, at) == end
    except (NotMsgpackError, IndexError):
        return False
