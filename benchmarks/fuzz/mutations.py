"""Random damage to bytes and to JSON values, by a seed."""

import copy
import json
import random
import struct
import zlib
from typing import Any

__all__ = ["damaged_bytes", "damaged_json"]

_SIZES = (0, 1, 255, 256, 32767, 32768, 65535, 65536, 2**24, 2**31 - 1, 2**31, 2**32 - 1)
_HEAD = 96
"""Bytes in which most formats say sizes and counts."""
_VALUES: tuple[Any, ...] = (
    *(None, True, -1, 0, 1, 2, 0.5, 1e-300, 1e300, float("nan"), float("inf"), 10**20, 10**400, 4097),
    *("", "x", "a\0b", "../x", "ä" * 300, "\ud800", [], [0], [-1], {}, [[]], [1, 1]),
)


def damaged_bytes(data: bytes, rng: random.Random, others: list[bytes]) -> bytes:
    """A file with one to three kinds of damage; of a PNG the sums are often right again, as a hostile one's are."""
    changed = bytearray(data)
    for _ in range(rng.randint(1, 3)):
        _damage(changed, rng, others)
    return _with_sums(bytes(changed)) if changed.startswith(b"\x89PNG") and rng.random() < 0.5 else bytes(changed)


def damaged_json(value: dict[str, Any], rng: random.Random) -> str:
    """A document with one to three leaves replaced or removed, or with damage to its text."""
    value = copy.deepcopy(value)
    for _ in range(rng.randint(1, 3)):
        holder, key = rng.choice(list(_places(value)))
        if isinstance(holder, dict) and rng.random() < 0.2:
            holder.pop(key, None)
        elif isinstance(holder, dict) or key < len(holder):
            holder[key] = rng.choice(_VALUES)
    text = json.dumps(value)
    if rng.random() < 0.1:
        text = damaged_bytes(text.encode(), rng, [b"[" * 5000]).decode("utf-8", "replace")
    return text


def _damage(data: bytearray, rng: random.Random, others: list[bytes]) -> None:
    size = len(data)
    start = rng.randrange(size) if size else 0
    stop = min(size, start + rng.randint(1, 64))
    match rng.randrange(8):
        case 0 | 1:
            for _ in range(rng.randint(1, 16)):
                if size:
                    data[rng.randrange(size)] = rng.randrange(256)
        case 2 | 3:  # a size that is none
            at, order = rng.randrange(min(_HEAD, size) or 1), rng.choice("<>")
            number = rng.choice(_SIZES)
            data[at : at + 4] = struct.pack(order + "I", number) if rng.random() < 0.5 else struct.pack(
                order + "H", number & 0xFFFF
            )  # fmt: skip
        case 4:
            del data[start:]
        case 5:
            del data[start:stop]
        case 6:
            data[start:start] = rng.randbytes(rng.randint(1, 200))
        case 7:
            other = rng.choice(others)
            data[start:stop] = other[rng.randrange(len(other)) :][:400]


def _with_sums(data: bytes) -> bytes:
    position, parts = 8, [data[:8]]
    while position + 12 <= len(data):
        end = position + 8 + int.from_bytes(data[position : position + 4])
        if end + 4 > len(data):
            break
        parts += [data[position:end], struct.pack(">I", zlib.crc32(data[position + 4 : end]))]
        position = end + 4
    return b"".join([*parts, data[position:]])


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Every container and key in a document."""
    keys = list(value) if isinstance(value, dict) else list(range(len(value))) if isinstance(value, list) else []
    found = [(value, key) for key in keys]
    for key in keys:
        found += _places(value[key])
    return found
