"""Where the values in msgpack bytes begin and end, without decoding them (https://github.com/msgpack/msgpack/blob/master/spec.md)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

# the bytes of a value whose first byte tells its size
_FIXED = {0xC0: 1, 0xC2: 1, 0xC3: 1, 0xCA: 5, 0xCB: 9, 0xCC: 2, 0xCD: 3, 0xCE: 5, 0xCF: 9, 0xD0: 2, 0xD1: 3, 0xD2: 5}
_FIXED |= {0xD3: 9, 0xD4: 3, 0xD5: 4, 0xD6: 6, 0xD7: 10, 0xD8: 18}
# the bytes of a length, and those that follow the length and are not counted by it (the type of an extension)
_SIZED = {0xC4: (1, 0), 0xC5: (2, 0), 0xC6: (4, 0), 0xC7: (1, 1), 0xC8: (2, 1), 0xC9: (4, 1)}
_SIZED |= {0xD9: (1, 0), 0xDA: (2, 0), 0xDB: (4, 0)}
_ARRAYS = {0xDC: 2, 0xDD: 4}
_MAPS = {0xDE: 2, 0xDF: 4}


class NotMsgpackError(ValueError):
    """The bytes are no msgpack value."""


@dataclass(frozen=True, slots=True)
class Container:
    """An array, map or extension: its content begins at `start` and has `count` values (an extension's: one, maybe)."""

    kind: Literal["array", "map", "extension"]
    start: int
    count: int


def container_at(data: bytes, at: int) -> Container | None:
    """What the value at `at` holds, or None if it holds no others."""
    first = data[at]
    if 0x90 <= first <= 0x9F:
        return Container("array", at + 1, first & 0x0F)
    if 0x80 <= first <= 0x8F:
        return Container("map", at + 1, 2 * (first & 0x0F))
    if (width := _ARRAYS.get(first)) is not None:
        return Container("array", at + 1 + width, _number(data, at + 1, width))
    if (width := _MAPS.get(first)) is not None:
        return Container("map", at + 1 + width, 2 * _number(data, at + 1, width))
    if 0xC7 <= first <= 0xC9:
        return Container("extension", at + 2 + _SIZED[first][0], 1)
    return None


def end_of(data: bytes, at: int) -> int:
    """Where the value at `at` ends. Raises `NotMsgpackError` if it doesn't within the bytes."""
    left, end = 1, len(data)
    while left:
        if at >= end:
            raise NotMsgpackError(f"a value goes on after the last byte, {end}")
        left -= 1
        first = data[at]
        if first <= 0x7F or first >= 0xE0:
            at += 1
        elif first >= 0xA0 and first <= 0xBF:
            at += 1 + (first & 0x1F)
        elif (sized := _SIZED.get(first)) is not None:
            at += 1 + sized[0] + sized[1] + _number(data, at + 1, sized[0])
        elif (fixed := _FIXED.get(first)) is not None:
            at += fixed
        elif (held := container_at(data, at)) is not None:
            at, left = held.start, left + held.count
        else:
            raise NotMsgpackError(f"byte {first:#x} at {at} begins no value")
    if at > end:
        raise NotMsgpackError(f"a value goes on after the last byte, {end}")
    return at


def values_from(data: bytes, at: int, count: int) -> Iterator[tuple[int, int]]:
    """Where each of the `count` values from `at` on begins and ends."""
    for _ in range(count):
        end = end_of(data, at)
        yield at, end
        at = end


def array_header(count: int) -> bytes:
    """What precedes the values of an array of that many."""
    if count < 16:
        return bytes([0x90 | count])
    return b"\xdc" + count.to_bytes(2) if count < 0x10000 else b"\xdd" + count.to_bytes(4)


def _number(data: bytes, at: int, width: int) -> int:
    return int.from_bytes(data[at : at + width])
