"""Many pictures that take no room: names of a few small files."""

import os
from pathlib import Path

import cv2
import numpy as np

from smile_edge.sources.demo import load_portrait

__all__ = ["make_pictures"]

_SIDE_PX = 64
_LINKS = 20_000
"""Names of one file; file systems allow 65,000 and more."""
_BROKEN_EACH, _EMPTY_EACH = 50, 7
"""Every so many-th picture is broken, or shows no face."""


def make_pictures(folder: Path, count: int) -> Path:
    """Makes `pictures/0000000.jpg`, ... in the folder.

    Returns:
        A list of their paths.
    """
    (folder / "pictures").mkdir()
    whole = {name: _encoded(image) for name, image in {"face": _face(), "empty": _empty()}.items()}
    kinds = whole | {"broken": whole["face"][:30]}
    with (folder / "pictures.txt").open("w", encoding="utf-8") as paths:
        for number in range(count):
            kind = "broken" if number % _BROKEN_EACH == 3 else "empty" if number % _EMPTY_EACH == 5 else "face"
            seed = folder / f"{kind}-{number // _LINKS}.jpg"
            if not seed.exists():
                seed.write_bytes(kinds[kind])
            path = folder / "pictures" / f"{number:07}.jpg"
            os.link(seed, path)
            paths.write(f"{path}\n")
    return folder / "pictures.txt"


def _face() -> np.ndarray:
    portrait, _ = load_portrait()
    return np.asarray(cv2.resize(portrait[30:220, 60:250], (_SIDE_PX, _SIDE_PX), interpolation=cv2.INTER_AREA))


def _empty() -> np.ndarray:
    return np.full((_SIDE_PX, _SIDE_PX, 3), 90, np.uint8)


def _encoded(image: np.ndarray) -> bytes:
    return cv2.imencode(".jpg", image)[1].tobytes()
