"""Pictures whose faces are hidden before anybody writes them."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

import cv2

from smile_edge.batch.schedule import EMPTY, Pair
from smile_edge.errors import SmileEdgeError, one_line
from smile_edge.imaging.decode import read_still
from smile_edge.imaging.memory_turn import memory_turn
from smile_edge.pipeline.head_finder import HeadFinder
from smile_edge.records import FrameResult

__all__ = ["hidden_images"]


def hidden_images(results: Iterable[Pair], finder: HeadFinder, mode: str) -> Iterator[Pair]:
    """The results with every head hidden in their pictures.

    A picture that was too large to be kept is read once more here: whoever writes it would read it as it was. Where
    hiding fails the result has an `error` and no picture, since none may get out.

    Args:
        results: of `runner.process_images`.
        finder: gives the heads.
        mode: `blur`, `pixelate` or `fill`.

    Yields:
        Each frame and its result, in order.
    """
    for frame, result in results:
        if result.error is not None:
            yield frame, result
            continue
        with memory_turn() as turn:
            try:
                if not frame.image.size:
                    frame = replace(frame, image=read_still(frame.source, claim=turn.claim).image)
                hidden = finder.hidden(frame, result, mode)
            except (SmileEdgeError, OSError, cv2.error, MemoryError) as error:
                why = f"its faces could not be hidden: {one_line(error)}"
                hidden = replace(frame, image=EMPTY)
                result = FrameResult(result.source, result.frame, None, result.width, result.height, error=why)
            yield hidden, result
