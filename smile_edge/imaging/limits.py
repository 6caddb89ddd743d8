"""How many pixels an image may have, and how much memory its decoding may take."""

import os

from smile_edge.validation import check_counts

__all__ = ["BYTES_PER_PIXEL", "MAX_PIXELS", "MAX_PIXELS_VARIABLE", "max_pixels", "pixels_refused", "set_max_pixels"]

MAX_PIXELS = 200_000_000
"""Pixels of an image or frame that is still decoded, by default: twice those of the largest cameras, 600 MB as BGR."""

MAX_PIXELS_VARIABLE = "SMILE_EDGE_MAX_PIXELS"
"""Environment variable with another number; worker processes have it from the process that starts them."""

BYTES_PER_PIXEL = 6
"""What the decoding of most formats takes at its peak, BGR included. Of formats that take more, fewer pixels are read,
so that `max_pixels()` bounds the memory as well: 1.2 GB by default."""


def max_pixels() -> int:
    """The limit of this process and of those that it starts."""
    text = os.environ.get(MAX_PIXELS_VARIABLE, "")
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 19 else MAX_PIXELS


def set_max_pixels(pixels: int) -> None:
    """Sets the limit of this process and of those that it starts from now on.

    Raises:
        UsageError: it is below one.
    """
    check_counts(**{"max_pixels": pixels})
    os.environ[MAX_PIXELS_VARIABLE] = str(pixels)


def pixels_refused(width: int, height: int, bytes_per_px: float = BYTES_PER_PIXEL, kind: str = "") -> str | None:
    """Why an image is too large to be decoded; None where it is not.

    Args:
        width, height: as its header says.
        bytes_per_px: what its decoding takes.
        kind: its format, for the text.
    """
    limit = int(max_pixels() * min(1.0, BYTES_PER_PIXEL / bytes_per_px))
    if width * height <= limit:
        return None
    if width * height > max_pixels():
        limit, kind = max_pixels(), ""
    of_kind = f" of {kind}" if kind else ""
    needed = -(-width * height * max(bytes_per_px, BYTES_PER_PIXEL) // BYTES_PER_PIXEL)
    return (
        f"{width} x {height} px are {_millions(width * height)} million pixels; expected at most"
        f" {_millions(limit)} million{of_kind}, scale it down, or raise the limit with --max-pixels {needed:.0f}"
    )


def _millions(pixels: int) -> str:
    return f"{pixels / 1e6:.0f}" if pixels >= 10_000_000 else f"{pixels / 1e6:.2g}"
