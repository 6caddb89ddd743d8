"""A frame on its way in, and what the detector finds in it."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from smile_edge.errors import ImageError
from smile_edge.records.fields import FLAG, NUMBER, TEXT, TIMESTAMP, WHOLE, check_fields, fields_of, maybe
from smile_edge.types import FloatArray, Image

__all__ = ["Detection", "Frame", "check_image"]


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One image and where and when it came from."""

    image: Image
    """`(height, width, 3)` BGR."""
    index: int = 0
    """Position in the source, from 0; on a live source skipped frames count too."""
    time_s: float = 0.0
    """Capture clock of the source, seconds from its first frame."""
    source: str = "image"
    """`camera:0`, a path, `demo`, ..."""
    captured_s: float | None = None
    """`time.monotonic()` at capture on a live source; None where age has no meaning (files)."""
    dropped: int = 0
    """Frames of this source skipped so far because a newer one had arrived."""
    truth: FloatArray | None = None
    """`(faces, 70, 2)` px where the source knows the answer (the demo), NaN for points that it does not know."""
    mirrored: bool = False
    """The image is flipped left to right, as a mirror does."""
    started_at: float | None = None
    """Wall clock of the first frame of a live source, seconds since 1970; None for files."""
    gap_s: float | None = None
    """Seconds that were lost before this frame, where the source came back."""
    warning: str | None = None
    """What was wrong with the image, although it could be read."""

    def __post_init__(self) -> None:
        """Checks all but the image, which the pipeline checks.

        Raises:
            UsageError: a field is of the wrong type.
        """
        check_fields(self, _FRAME)


@dataclass(frozen=True, slots=True, eq=False)
class Detection:
    """One face as the detector sees it."""

    box: FloatArray
    """`(4,)` left, top, width, height in px."""
    score: float
    """Confidence, 0..1."""
    points: FloatArray
    """`(5, 2)` px in the order of `topology.FIVE_POINTS`."""


def check_image(image: Any) -> None:
    """Refuses what is no picture.

    Raises:
        ImageError: not an array `(h, w, 3)` uint8, or of zero size.
    """
    if not isinstance(image, np.ndarray):
        raise ImageError(
            f"an image must be an array (height, width, 3) uint8 BGR. Received: {type(image).__name__} "
            "(cv2.imread gives None where it cannot read a file)"
        )
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        raise ImageError(
            f"an image must be (height, width, 3) uint8 BGR. Received: shape {image.shape}, {image.dtype}: "
            "convert it with cv2.cvtColor or astype first"
        )
    if not image.size:
        raise ImageError(f"the image has zero size {image.shape[1]}x{image.shape[0]}, expected at least one pixel")


_FRAME = fields_of(
    index=WHOLE,
    time_s=NUMBER,
    source=TEXT,
    captured_s=maybe(NUMBER),
    dropped=WHOLE,
    mirrored=FLAG,
    started_at=maybe(TIMESTAMP),
    gap_s=maybe(NUMBER),
    warning=maybe(TEXT),
)
