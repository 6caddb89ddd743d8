"""HEIC files, through the extra `heif`; nothing is loaded before one is decoded."""

import io
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from smile_edge.types import Image

__all__ = ["HEIF_CURE", "can_read_heif", "decode_heif"]

HEIF_CURE = (
    "HEIC needs pillow-heif: pip install pillow-heif (the extra `heif` brings it: pip install 'smile-edge[heif]')"
)


def can_read_heif() -> bool:
    """Whether the extra is installed; it is not loaded."""
    return find_spec("pillow_heif") is not None


def decode_heif(data: bytes) -> "Image | None":
    """The primary image as BGR `(height, width, 3)`, turned as the file says; None where it cannot be decoded."""
    import numpy as np
    import pillow_heif

    try:
        found = pillow_heif.open_heif(io.BytesIO(data), convert_hdr_to_8bit=True, bgr_mode=True)
        image = np.asarray(found)
    except (ValueError, RuntimeError, OSError, SyntaxError, EOFError, MemoryError):
        return None
    if image.ndim == 2:
        image = np.repeat(image[..., None], 3, -1)
    return np.ascontiguousarray(image[..., :3], np.uint8)
