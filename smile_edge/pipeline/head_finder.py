"""Every head that may be one: what is hidden in a picture is more than what a record reports."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from smile_edge.errors import UsageError
from smile_edge.geometry.heads import Head
from smile_edge.imaging.hide import check_mode, heads_of, hide_heads
from smile_edge.pipeline.models import Detector
from smile_edge.records import Detection, Face, Frame, FrameResult
from smile_edge.types import Image

__all__ = ["HIDE_MIN_SCORE", "HeadFinder"]

HIDE_MIN_SCORE = 0.09
"""Detector score from which a small head is hidden. Chosen on the scenes that training held out: the highest in
hundredths at which at most 3 % of their faces from 20 px on stay uncovered, upright and by 90 and 180 degrees."""
SIZES_PX, FACTORS = (40.0, 120.0, 280.0), (1.0, 1.75, 4.0)
"""How many times the score a head of a size needs (root of its box's area, px of a picture whose longer side is
`PICTURE_PX`), straight between. The detector scores large faces high, and what it takes for one by mistake covers much:
no large face held out from training scores less."""
PICTURE_PX = 640.0


class HeadFinder:
    """Finds heads to hide.

    The detector alone decides, at a score of its own: the landmark model, which has the last word on what is reported,
    disbelieves profiles, covered faces and small ones. Faces that are reported are hidden whatever their score.

    Example:
        >>> finder = HeadFinder(pipeline.models.detector)
        >>> hidden = hide_heads(image, finder.find(image, pipeline.process(image).faces), "blur")
    """

    def __init__(self, detector: Detector, min_score: float = HIDE_MIN_SCORE) -> None:
        """Takes a detector that is open.

        Args:
            detector: `pipeline.models.detector`.
            min_score: detector score from which a small head is hidden, 0..1, see `SIZES_PX`.

        Raises:
            UsageError: the score is not within 0..1.
        """
        if not 0 < min_score < 1:
            raise UsageError(f"the score from which heads are hidden must lie between 0 and 1. Received: {min_score}")
        self.detector, self.min_score = detector, min_score

    def find(self, image: Image, faces: Sequence[Face] = ()) -> list[Head]:
        """The heads of an image.

        Args:
            image: `(h, w, 3)` BGR.
            faces: those of its record, in its pixels.
        """
        found = self.detector.detect_batch([image], threshold=self.min_score, thorough=True)[0]
        scale = PICTURE_PX / max(image.shape[:2])
        return heads_of([*faces, *(one for one in found if one.score >= self._needed(one, scale))])

    def hidden(self, frame: Frame, result: FrameResult, mode: str = "blur") -> Frame:
        """A frame that stands alone, with its heads hidden, and those of the faces of its record.

        Raises:
            UsageError: another mode.
        """
        return replace(frame, image=hide_heads(frame.image, self.find(frame.image, result.faces), check_mode(mode)))

    def _needed(self, one: Detection, scale: float) -> float:
        """The score that a detection needs; `scale` brings its picture to `PICTURE_PX`."""
        size_px = scale * math.sqrt(float(one.box[2] * one.box[3]))
        return self.min_score * float(np.interp(size_px, SIZES_PX, FACTORS))
