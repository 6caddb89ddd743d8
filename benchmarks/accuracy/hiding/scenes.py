"""Labelled faces that stay uncovered in pictures, upright and turned."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks.accuracy.hiding.coverage import COVERED, covered_shares, false_cover, hidden_pixels, turned_boxes
from smile_edge.geometry.heads import Head
from smile_edge.types import Image
from train.data.crop_cache import read_bgr
from train.data.samples import SceneSample

__all__ = ["COUNTED_FROM_PX", "QUARTERS", "HeadsOf", "uncovered_in_scenes"]

HeadsOf = Callable[[SceneSample, Image, int], Sequence[Head] | None]
"""From a scene, its picture as it is turned, and quarter turns, to the heads to hide; None where it cannot tell."""

COUNTED_FROM_PX = 20
"""Height of a face, px of the upright picture, from which it counts."""
LEAST_MS = 1.0
"""What takes less has not looked at the picture: its predictions were made before."""
QUARTERS = (0, 1, 2)
"""Quarter turns of the pictures: 0, 90 and 180 degrees."""


def uncovered_in_scenes(systems: Mapping[str, HeadsOf], samples: Sequence[SceneSample]) -> dict[str, Any]:
    """What each system leaves uncovered.

    Args:
        systems: by name, asked in this order about each picture.
        samples: scenes with every face boxed; faces to ignore, and those under `COUNTED_FROM_PX`, do not count.

    Returns:
        Plain JSON types: `pictures`, `faces`, and `systems` by name, each by degrees (left out where it cannot tell):
        `uncovered` and `half` (less than half of the inner ellipse is hidden), %, `false_cover`, % of a picture's area,
        and `ms`, the median of a picture, None for predictions that were made before.
    """
    rows: dict[str, dict[str, Any]] = {name: {} for name in systems}
    for quarters in QUARTERS:
        found: dict[str, list[tuple[np.ndarray, float, float]]] = {name: [] for name in systems}
        for sample in samples:
            upright = read_bgr(sample.image)
            picture = np.ascontiguousarray(np.rot90(upright, quarters))
            for name, heads_of in systems.items():
                start_s = time.perf_counter()
                heads = heads_of(sample, picture, quarters)
                if heads is not None:
                    took_s = time.perf_counter() - start_s
                    found[name].append((*_scores(heads, sample, upright.shape, picture.shape, quarters), took_s))
        for name, scores in found.items():
            if scores:
                rows[name][str(90 * quarters)] = _summary(scores)
    return {"pictures": len(samples), "faces": int(sum(_counted(sample).sum() for sample in samples)), "systems": rows}


def _counted(sample: SceneSample) -> np.ndarray:
    return np.asarray(~sample.ignore & (sample.boxes[:, 3] >= COUNTED_FROM_PX))


def _scores(
    heads: Sequence[Head], sample: SceneSample, upright: tuple[int, ...], turned: tuple[int, ...], quarters: int
) -> tuple[np.ndarray, float]:
    """Covered shares of the faces that count, and the false cover."""
    boxes = turned_boxes(sample.boxes, quarters, *upright[:2])
    hidden = hidden_pixels(heads, *turned[:2])
    return covered_shares(hidden, boxes[_counted(sample)]), false_cover(hidden, boxes)


def _summary(scores: Sequence[tuple[np.ndarray, float, float]]) -> dict[str, float | None]:
    shares = np.concatenate([share for share, _, _ in scores])
    took_ms = round(1000 * float(np.median([took_s for _, _, took_s in scores])), 1)
    return {
        "uncovered": round(100 * float((shares < COVERED).mean()), 2) if len(shares) else 0.0,
        "half": round(100 * float((shares < 0.5).mean()), 2) if len(shares) else 0.0,
        "false_cover": round(100 * float(np.mean([cover for _, cover, _ in scores])), 2),
        "ms": took_ms if took_ms >= LEAST_MS else None,
    }
