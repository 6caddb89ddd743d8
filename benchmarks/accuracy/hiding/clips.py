"""Frames of clips with an uncovered face, along the way that `webcam --hide` takes."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.accuracy.hiding.coverage import COVERED, covered_shares, hidden_pixels
from smile_edge import FacePipeline, Frame, FrameResult, open_source
from smile_edge.geometry.face_roi import average_box
from smile_edge.imaging.hide import heads_of
from smile_edge.pipeline.face_hider import FaceHider

__all__ = ["uncovered_in_clips"]

LONGEST_GAP = 30
"""Frames that a face of the reference may be missed: its place is interpolated between."""
SAME_SIZES = 1.0
"""Two faces of neighbouring frames are one where their middles are nearer than so many box widths."""

Boxes = dict[int, list[np.ndarray]]
"""Boxes `(4,)` xywh px by frame."""


def uncovered_in_clips(pipeline: FacePipeline, hider: FaceHider, clips: Sequence[Path]) -> dict[str, Any]:
    """Frames in which a face can be seen.

    Clips have no labels. The reference are the faces that the careful look at each frame by itself reports, and where
    it misses one between two frames that show it, the place between.

    Args:
        pipeline: finds faces, in the stream and for the reference.
        hider: what `webcam` hides with.
        clips: videos.

    Returns:
        Plain JSON types: by clip `frames`, `uncovered` frames, and `reported`, those that would be uncovered if nothing
        but the reported faces were hidden.
    """
    results = {}
    for clip in clips:
        with open_source(str(clip)) as source:
            frames = list(source)
        truth = _reference(pipeline, frames)
        tracked = [(frame, pipeline.process(frame)) for frame in frames]
        hidden = list(_hidden_frames(hider, tracked))
        changed = [(after.image != before.image).any(-1) for after, before in zip(hidden, frames, strict=True)]
        reported = [hidden_pixels(heads_of(result.faces), *frame.image.shape[:2]) for frame, result in tracked]
        results[clip.name] = {
            "frames": len(frames),
            "uncovered": _uncovered(changed, truth),
            "reported": _uncovered(reported, truth),
        }
    return results


def _hidden_frames(hider: FaceHider, tracked: Sequence[tuple[Frame, FrameResult]]) -> Iterator[Frame]:
    for frame, result in tracked:
        yield from (hidden for hidden, _ in hider.push(frame, result))
    yield from (hidden for hidden, _ in hider.flush())


def _uncovered(masks: Sequence[np.ndarray], truth: Boxes) -> int:
    return sum(
        bool((covered_shares(mask, np.array(truth[index])) < COVERED).any()) if truth.get(index) else False
        for index, mask in enumerate(masks)
    )


def _reference(pipeline: FacePipeline, frames: Sequence[Frame]) -> Boxes:
    found: Boxes = {
        index: [average_box(face.five_points()) for face in pipeline.process(frame.image).faces]
        for index, frame in enumerate(frames)
    }
    return with_gaps_filled(found)


def with_gaps_filled(found: Boxes) -> Boxes:
    """The boxes with those between two frames that show a face which the frames between lack."""
    filled = {index: list(boxes) for index, boxes in found.items()}
    for index, boxes in found.items():
        for box in boxes:
            after = next(
                (
                    (later, other)
                    for later in range(index + 1, index + LONGEST_GAP + 1)
                    for other in found.get(later, [])
                    if _same(box, other)
                ),
                None,
            )
            if after is None:
                continue
            later, other = after
            for between in range(index + 1, later):
                share = (between - index) / (later - index)
                filled[between].append((1 - share) * box + share * other)
    return filled


def _same(a: np.ndarray, b: np.ndarray) -> bool:
    middles = a[:2] + a[2:] / 2 - b[:2] - b[2:] / 2
    return float(np.hypot(*middles)) < SAME_SIZES * float(max(a[2], b[2]))
