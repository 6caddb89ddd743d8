"""Openness of eyes and lips that count as open and as shut, from faces that people labelled."""

from dataclasses import dataclass

import numpy as np

from smile_edge.topology import TOPOLOGY_49
from train.errors import DataError
from train.measures.predictions import LabelledFaces
from train.measures.readout import Constants, ReadPoses, across_eyes, foreshortening, mouth_gap

__all__ = ["EyeStates", "eye_levels", "eye_states", "mouth_levels"]

SHUT_RATIO, OPEN_RATIO = 0.25, 0.85
"""Openness in the labels, over the median one: below it an eye is shut, above it open."""
HALF_SHUT = (0.4, 0.6)
_STARTS_PERCENTILE = 10
"""Of open eyes that count as beginning to shut."""
_LEAST_SHUT = 10
"""Eyes, or mouths, that are shut without which there is no level."""
_SHUT_LIPS, _SHUT_LIPS_PERCENTILE = 0.02, 75
"""Gap in the labels, in eye distances, of lips that are shut, and the percentile of the gap seen there that is 0."""
_WIDE_PERCENTILE = 99.9
"""Of the gap of all faces that is 1."""


@dataclass(frozen=True, slots=True, eq=False)
class EyeStates:
    """What the labels say of each eye, right and left; an eye that is turned away is in no state."""

    openness: np.ndarray
    """`(n, 2)`: as seen from the front."""
    seen: np.ndarray
    """`(n, 2)` bool: not turned away."""
    shut: np.ndarray
    half: np.ndarray
    open: np.ndarray


def eye_states(constants: Constants, faces: LabelledFaces, poses: ReadPoses, found: np.ndarray) -> EyeStates:
    """The states of eyes whose openness `(n, 2)` was found."""
    eyes = [faces.labels[:, list(TOPOLOGY_49.groups[name])] for name in ("right_eye", "left_eye")]
    told = np.stack([across_eyes(eye) for eye in eyes], 1) * foreshortening(constants, poses)
    seen, usual = np.isfinite(found), np.median(told)
    half = (told > HALF_SHUT[0] * usual) & (told < HALF_SHUT[1] * usual)
    return EyeStates(told, seen, (told < SHUT_RATIO * usual) & seen, half & seen, (told > OPEN_RATIO * usual) & seen)


def eye_levels(found: np.ndarray, states: EyeStates) -> dict[str, np.ndarray]:
    """The usual openness, and over it the openness at which an eye begins to shut and is shut.

    Raises:
        DataError: too few eyes are shut.
    """
    if states.shut.sum() < _LEAST_SHUT:
        raise DataError(
            f"{int(states.shut.sum())} eyes are shut in the packs that people labelled: add one with at least "
            f"{_LEAST_SHUT} to --data"
        )
    usual = np.nanmedian(found)
    return {
        "blink_open": np.array(usual, np.float32),
        "blink_starts": np.array(np.percentile(found[states.open] / usual, _STARTS_PERCENTILE), np.float32),
        "blink_closed": np.array(np.median(found[states.shut]) / usual, np.float32),
    }


def mouth_levels(faces: LabelledFaces, poses: ReadPoses, every_gap: np.ndarray) -> dict[str, np.ndarray]:
    """The gaps in eye distances at which a mouth is shut and wide open.

    Args:
        faces: labelled by people.
        poses: of them.
        every_gap: `(n,)` of all faces.

    Raises:
        DataError: too few mouths are shut.
    """
    lips = TOPOLOGY_49.groups["inner_lip"]
    told = (faces.labels[:, list(lips[3:])] - faces.labels[:, list(lips[:3])]).mean(1)
    shut = np.linalg.norm(told, axis=1) / poses.eye_distance_px < _SHUT_LIPS
    if shut.sum() < _LEAST_SHUT:
        raise DataError(
            f"{int(shut.sum())} mouths are shut in the packs that people labelled: add one with at least "
            f"{_LEAST_SHUT} to --data"
        )
    return {
        "mouth_shut": np.array(np.percentile(mouth_gap(faces.points, poses)[shut], _SHUT_LIPS_PERCENTILE), np.float32),
        "mouth_wide": np.array(np.percentile(every_gap, _WIDE_PERCENTILE), np.float32),
    }
