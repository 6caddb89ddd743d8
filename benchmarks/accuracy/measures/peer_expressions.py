"""Irises and coefficients of expression beside those of another system on the same faces."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.accuracy.peers import Peer
from benchmarks.accuracy.scores import nearest
from smile_edge.measures.expression import COEFFICIENTS
from smile_edge.records import Face

__all__ = ["agreement"]

MOVES_FROM = 0.02
"""Standard deviation over the faces from which a coefficient moves."""
MOST_SHUT = 0.5
"""Blink up to which an eye is open."""
_CORNERS = ((36, 39), (42, 45))
_SIDES = ("right", "left")


def agreement(faces: Sequence[Face | None], names: Sequence[str], peer: Peer) -> dict[str, Any] | None:
    """How far our irises and coefficients are from a system's.

    Args:
        faces: ours, one an image; None for a missed one.
        names: the images, as the peer calls them.
        peer: predictions of the same images.

    Returns:
        Plain JSON types: `irises`: `eyes` compared (open ones), and the `median` and `mean` distance in % of the eye's
        width; `expression`: `faces` compared, `r`, the mean correlation over the coefficients that move, and `each`.
        Either is None where one of both systems does not give it; None in place of both.
    """
    pairs = []
    for face, found in zip(faces, peer.of(names), strict=True):
        index = None if face is None else nearest(found.five, face.five_points())
        if face is not None and index is not None:
            irises = np.full((2, 2), np.nan) if found.irises is None else found.irises[index]
            pairs.append((face, irises, found.expressions[index] if found.expressions else None))
    irises = _irises([(face, theirs) for face, theirs, _ in pairs])
    expression = _expressions([(face, theirs) for face, _, theirs in pairs if theirs is not None])
    return None if irises is None and expression is None else {"irises": irises, "expression": expression}


def _irises(pairs: Sequence[tuple[Face, np.ndarray]]) -> dict[str, Any] | None:
    distances = []
    for face, theirs in pairs:
        for side, (outer, inner) in enumerate(_CORNERS):
            width = float(np.linalg.norm(face.points[outer] - face.points[inner]))
            if face.blink[side] <= MOST_SHUT and width > 0:  # NaN, an eye that is turned away, is not less
                distances.append(100 * float(np.linalg.norm(face.points[68 + side] - theirs[side])) / width)
    known = np.array(distances)[np.isfinite(distances)]
    if not len(known):
        return None
    return {
        "eyes": len(known),
        "median": round(float(np.median(known)), 2),
        "mean": round(float(known.mean()), 2),
    }


def _expressions(pairs: Sequence[tuple[Face, dict[str, float]]]) -> dict[str, Any] | None:
    known = [(face.expression, theirs) for face, theirs in pairs if face.expression is not None]
    if len(known) < 2:
        return None
    ours, theirs = (
        np.array([[said.get(name, np.nan) for name in COEFFICIENTS] for said in column], np.float64)
        for column in zip(*known, strict=True)
    )
    each = {}
    for place, name in enumerate(COEFFICIENTS):
        a, b = ours[:, place], theirs[:, place]
        if np.isfinite(a).all() and np.isfinite(b).all() and b.std() > MOVES_FROM and a.std():
            each[name] = round(float(np.corrcoef(a, b)[0, 1]), 3)
    r = round(float(np.mean(list(each.values()))), 3) if each else None
    return {"faces": len(known), "r": r, "each": each}
