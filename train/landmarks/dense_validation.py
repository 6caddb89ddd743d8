"""Scores of a landmarker of 70 points on held-out faces, group by group and head by head."""

from dataclasses import dataclass, field

import cv2
import keras
import numpy as np

from smile_edge.measures.labelled_five import labelled_five
from smile_edge.topology import TOPOLOGY_49
from train.augmentation.occluders import Occluders
from train.data.crop_cache import CROP_PX, WIDE_CROP, CropGeometry, validation_crops
from train.evaluation.metrics import laplace_share_within, score_five_points
from train.landmarks.dense_batches import hidden_points
from train.landmarks.validation import predict

__all__ = ["GROUPS", "HeldOut", "HeldOutFaces", "auc"]

GROUPS = {
    "jaw": range(17),
    "brows": range(17, 27),
    "nose": range(27, 36),
    "eyes": range(36, 48),
    "lips": range(48, 68),
}
"""The 68 points by what they lie on."""
_OUTER_CORNERS = 36, 45
MOVING_DEVIATION = 0.02
"""Standard deviation over held-out faces from which an expression coefficient is scored."""
LOW_PX = 28
"""The crop is brought down to so many px for `low`: a face is 9 px large then."""
NOTHING_FOUND = 100.0
"""The error, %, where every face is further off than a face that counts as found."""
MASKED = (*range(30, 36), *range(48, 68))
"""Points that a mask covers: tip of the nose, nostrils, lips."""


@dataclass(frozen=True, slots=True, eq=False)
class HeldOutFaces:
    """Held-out faces of one pack."""

    crops: np.ndarray
    """`(n, s, s, 3)` uint8, stored."""
    targets: np.ndarray
    """`(n, 75, 3)` px of the stored crop, weight."""
    five: np.ndarray
    """`(n, 5, 3)` px of the stored crop, weight: five points as people labelled them, in their own convention."""
    expression: np.ndarray
    expression_plain: np.ndarray
    """`(n, 51)`, NaN where unknown."""
    occlusion: np.ndarray
    """`(n,)` flag."""


@dataclass(slots=True, eq=False)
class HeldOut:
    """Scores a network; crops and covers are made once."""

    faces: dict[str, HeldOutFaces]
    """By pack. `w300` has people's 68 points, `mtfl` people's five; `masks` flags."""
    negatives: np.ndarray
    """`(k, 96, 96, 3)` uint8."""
    occluders: Occluders
    geometry: CropGeometry = WIDE_CROP
    _cut: dict[str, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict, init=False)
    _covered: tuple[np.ndarray, np.ndarray] | None = field(default=None, init=False)

    def __call__(self, network: keras.Model) -> dict[str, float]:
        """Every score, in % where it is an error; `error` is what a training lowers."""
        said = {name: predict(network, self.crops(name)[0]) for name in self.faces}
        scores: dict[str, float] = {"error": 0.0}
        if "w300" in said:
            images, labels = self.crops("w300")
            scores |= dense_scores(said["w300"], labels)
            low_scores = dense_scores(predict(network, _brought_down(images)), labels)
            scores |= {f"low_{name}": low_scores[name] for name in ("w300_49", "w300_68")}
            scores["error"] += scores["w300_49"] + 0.3 * scores["w300_jaw"]
        if "mtfl" in said:
            scores |= self._five_scores(said["mtfl"])
            scores["error"] += scores["mtfl_nmec"]
        if len(self.negatives):
            faces = np.concatenate([out["face"][:, 0] for out in said.values()])
            scores["face_auc"] = auc(faces, predict(network, self.negatives)["face"][:, 0])
        scores |= self._expression_scores(said)
        scores |= self._visible_scores(network, said)
        return scores

    def crops(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """The network's crops of a pack, and their targets `(n, 80, 3)`: 75, then people's own five."""
        if name not in self._cut:
            part = self.faces[name]
            both = np.concatenate([part.targets, part.five], 1)
            self._cut[name] = validation_crops(np.asarray(part.crops), both, self.geometry)
        return self._cut[name]

    def _five_scores(self, out: dict[str, np.ndarray]) -> dict[str, float]:
        labels = self.crops("mtfl")[1]
        full = (labels[:, 75:, 2] > 0).all(1)
        points = out["points"][full]
        score = score_five_points([labelled_five(face) for face in points], labels[full][:, 75:, :2])[0]
        nmec, nme = np.nan_to_num([score.nmec, score.nme], nan=NOTHING_FOUND)
        return {"mtfl_nmec": float(nmec), "mtfl_nme": float(nme)}

    def _expression_scores(self, said: dict[str, dict[str, np.ndarray]]) -> dict[str, float]:
        packs = [name for name in ("mtfl", "aaf") if name in said]
        if not packs:
            return {}
        ours = np.concatenate([said[name]["expression"] for name in packs])
        scores = {}
        for name, column in (("expression_r", "expression"), ("expression_r_plain", "expression_plain")):
            wanted = np.concatenate([getattr(self.faces[pack], column) for pack in packs])
            known = np.isfinite(wanted[:, 0])
            truth, logits = wanted[known], ours[known]
            moving = truth.std(0) > MOVING_DEVIATION
            values = 1 / (1 + np.exp(-logits[:, moving]))
            each = [np.corrcoef(values[:, k], truth[:, moving][:, k])[0, 1] for k in range(int(moving.sum()))]
            scores[name] = float(np.nanmean(each)) if each else float("nan")
        return scores

    def _visible_scores(self, network: keras.Model, said: dict[str, dict[str, np.ndarray]]) -> dict[str, float]:
        scores = {}
        if "w300" in said:
            if self._covered is None:
                self._covered = _cover(*self.crops("w300"), self.occluders)
            images, hidden = self._covered
            visible = predict(network, images)["visible"][:, :68]
            scores["visible_auc"] = auc(visible[~hidden], visible[hidden])
        if "masks" in said:
            flag, chance = self.faces["masks"].occlusion, said["masks"]["visible"][:, MASKED].mean(1)
            scores["visible_masks_auc"] = auc(chance[flag == 0], chance[flag == 2])
        return scores


def dense_scores(out: dict[str, np.ndarray], labels: np.ndarray) -> dict[str, float]:
    """Errors over the outer eye corners' distance, %, and shares of axis errors within one and two sigma, %.

    Args:
        out: `points (n, 70, 2)` and `sigma (n, 70)` px.
        labels: `(n, >= 68, 3)` px.
    """
    truth = labels[:, :68, :2]
    apart = np.linalg.norm(truth[:, _OUTER_CORNERS[0]] - truth[:, _OUTER_CORNERS[1]], axis=-1)
    each = 100 * np.linalg.norm(out["points"][:, :68] - truth, axis=-1) / apart[:, None]
    per_point = each.mean(0)
    scores = {"w300_49": float(per_point[list(TOPOLOGY_49.indices)].mean()), "w300_68": float(per_point.mean())}
    scores |= {f"w300_{name}": float(per_point[list(index)].mean()) for name, index in GROUPS.items()}
    ratio = np.abs(out["points"][:, :68] - truth) / out["sigma"][:, :68, None]
    for k in (1, 2):
        within = ratio < k
        scores[f"sigma_{k}"] = float(100 * within.mean())
        scores[f"sigma_{k}_49"] = float(100 * within[:, list(TOPOLOGY_49.indices)].mean())
        if k == 1:
            scores |= {f"sigma_1_{name}": float(100 * within[:, list(index)].mean()) for name, index in GROUPS.items()}
    scores["sigma_1_wanted"] = 100 * laplace_share_within(1)
    return scores


def _brought_down(images: np.ndarray) -> np.ndarray:
    """Crops at a resolution of `LOW_PX`, blown up again."""
    small = [cv2.resize(image, (LOW_PX, LOW_PX), interpolation=cv2.INTER_AREA) for image in images]
    return np.stack([cv2.resize(image, (CROP_PX, CROP_PX)) for image in small])


def auc(higher: np.ndarray, lower: np.ndarray) -> float:
    """Share of pairs in which the value that should be higher is; NaN without pairs."""
    if not len(higher) or not len(lower):
        return float("nan")
    ranked = np.sort(lower)
    below, not_above = (np.searchsorted(ranked, higher, side) for side in ("left", "right"))
    return float(np.mean(below + not_above) / (2 * len(ranked)))


def _cover(images: np.ndarray, labels: np.ndarray, occluders: Occluders) -> tuple[np.ndarray, np.ndarray]:
    """The crops with one occluder each, always the same, and which of the 68 points are hidden `(n, 68)`."""
    rng, covered, hidden = np.random.default_rng(17), images.copy(), []
    for image, label in zip(covered, labels, strict=True):
        mask = occluders.cover(image, label[:70, :2], rng)
        hidden.append(hidden_points(mask, label[:68, :2]))
    return covered, np.array(hidden)
