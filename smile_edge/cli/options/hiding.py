"""Faces hidden in every picture of a run."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from smile_edge.pipeline.models import Models
    from smile_edge.streaming.channel import Channel

__all__ = ["hide_faces"]


def hide_faces(channels: "Sequence[Channel]", models: "Models", hiding: tuple[str, float] | None) -> None:
    """Puts a hider before the pictures of each channel.

    Args:
        channels: of all sources; whatever takes their pictures gets hidden ones, and no others.
        models: whose detector looks for heads.
        hiding: how, and from which score on; None hides nothing.
    """
    if hiding is None:
        return
    from smile_edge.pipeline.face_hider import FaceHider
    from smile_edge.pipeline.head_finder import HeadFinder

    mode, min_score = hiding
    for channel in channels:
        channel.hider = FaceHider(HeadFinder(models.detector, min_score), mode)
