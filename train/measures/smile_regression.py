"""Whether a face smiles, by logistic regression on its points and their mirror images."""

from dataclasses import dataclass

import numpy as np

from train.data.own_frame import inputs, mirrored

__all__ = ["HeldOutLogits", "area_under_curve", "fit_smile", "held_out_logits", "logistic", "smile_constants"]

RIDGE = 30.0
"""On standardised inputs: on people held out 3 to 300 are as good (`train/EXPERIMENTS.md`)."""
FOLDS = 5
_NEWTON_STEPS = 25


@dataclass(frozen=True, slots=True, eq=False)
class HeldOutLogits:
    """Logits of faces by regressions that did not learn from the same person."""

    logits: np.ndarray
    """`(n,)`."""
    smiles: np.ndarray
    """`(n,)` bool."""

    @property
    def middle(self) -> float:
        """Midway between the mean logit of smiles and that of faces at rest."""
        return float((self.logits[self.smiles].mean() + self.logits[~self.smiles].mean()) / 2)

    def accuracy(self, threshold: float) -> float:
        """Share of faces on the right side of a logit."""
        return float(((self.logits > threshold) == self.smiles).mean())


def logistic(rows: np.ndarray, labels: np.ndarray, penalty: float) -> tuple[np.ndarray, float]:
    """Weights `(i,)` and bias of a ridge-penalised logistic regression, by Newton's method.

    Args:
        rows: `(n, i)`.
        labels: `(n,)` 0 or 1.
        penalty: half of it times the squared weights of standardised inputs is added to the negative log likelihood.
    """
    mean, spread = rows.mean(0), rows.std(0) + 1e-9
    scaled = np.column_stack([(rows - mean) / spread, np.ones(len(rows))])
    weights, ridge = np.zeros(scaled.shape[1]), np.full(scaled.shape[1], penalty)
    ridge[-1] = 0  # not on the bias
    for _ in range(_NEWTON_STEPS):
        chance = 1 / (1 + np.exp(-np.clip(scaled @ weights, -30, 30)))
        curvature = (scaled * (chance * (1 - chance))[:, None]).T @ scaled + np.diag(ridge + 1e-9)
        step = np.linalg.solve(curvature, scaled.T @ (chance - labels) + ridge * weights)
        weights = weights - step
        if np.abs(step).max() < 1e-8:
            break
    own = weights[:-1] / spread
    return own, float(weights[-1] - own @ mean)


def fit_smile(points: np.ndarray, smiles: np.ndarray) -> tuple[np.ndarray, float]:
    """Weights `(98,)`, alike on both sides, and bias, from faces `(n, 49, 2)` px and their mirror images."""
    rows = np.concatenate([inputs(points), inputs(mirrored(points))])
    return logistic(rows, np.concatenate([smiles, smiles]).astype(np.float64), RIDGE)


def held_out_logits(points: np.ndarray, smiles: np.ndarray, people: np.ndarray, seed: int = 0) -> HeldOutLogits:
    """Each face's logit by a regression over other people.

    Args:
        points: `(n, 49, 2)` px.
        smiles: `(n,)` bool.
        people: `(n,)` names.
        seed: of the folds.
    """
    names, person = np.unique(people, return_inverse=True)
    fold = np.random.default_rng(seed).integers(0, FOLDS, len(names))[person]
    rows, logits = inputs(points), np.zeros(len(points))
    for number in range(FOLDS):
        weights, bias = fit_smile(points[fold != number], smiles[fold != number])
        logits[fold == number] = rows[fold == number] @ weights + bias
    return HeldOutLogits(logits, smiles)


def smile_constants(points: np.ndarray, smiles: np.ndarray, held: HeldOutLogits) -> dict[str, np.ndarray]:
    """What the runtime needs: its half lies at `held.middle`, which is 0 for the regression's logit plus the shift."""
    weights, bias = fit_smile(points, smiles)
    short = weights.astype(np.float16)
    bias = bias + float(inputs(points).mean(0) @ (weights - short)) - held.middle
    return {
        "smile_weights": short,
        "smile_bias": np.array(bias, np.float32),
        "smile_shift": np.array(held.middle, np.float32),
    }


def area_under_curve(values: np.ndarray, labels: np.ndarray) -> float:
    """The chance that a positive has a higher value than a negative (Mann and Whitney, 1947)."""
    ranks = np.empty(len(values))
    ranks[np.argsort(values, kind="stable")] = np.arange(1, len(values) + 1)
    count = int(labels.sum())
    return float((ranks[labels].sum() - count * (count + 1) / 2) / (count * (len(labels) - count)))
