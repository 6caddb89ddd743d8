"""Arrays that take long to make, kept in a folder from run to run."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["kept", "write_arrays"]

Arrays = dict[str, Any]


def kept(cache: Path | None, name: str, made_of: object, build: Callable[[], Arrays]) -> Arrays:
    """Arrays by name: read if they were made of the same before, else built and kept.

    Args:
        cache: folder; None keeps nothing.
        name: of the file, before a hash.
        made_of: what they follow from, as JSON can write it.
        build: makes them.
    """
    if cache is None:
        return build()
    digest = hashlib.sha256(json.dumps(made_of).encode()).hexdigest()[:16]
    path = cache / f"{name}-{digest}.npz"
    if not path.is_file():
        write_arrays(path, build())
    with np.load(path) as stored:
        return {key: stored[key] for key in stored.files}


def write_arrays(path: Path, arrays: Arrays) -> None:
    """Writes an `.npz` whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.stem + ".partial.npz")
    np.savez(partial, **arrays)
    partial.replace(path)
