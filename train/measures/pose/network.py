"""A small network in numpy, one tanh layer beside a linear one, and its training by Adam (Kingma and Ba, 2015)."""

import numpy as np

__all__ = ["Network", "apply_network", "train_network"]

Network = dict[str, np.ndarray]
"""`hidden (i, h)`, `hidden_bias (h,)`, `out (h, o)`, `skip (i, o)`, `out_bias (o,)`."""

_WEIGHTS = ("hidden", "out", "skip")
"""What weight decay acts on."""


def apply_network(network: Network, inputs: np.ndarray) -> np.ndarray:
    """Outputs `(n, o)` of inputs `(n, i)`."""
    return _outputs(network, inputs, _hidden(network, inputs))


def train_network(
    inputs: np.ndarray,
    targets: np.ndarray,
    weights: np.ndarray,
    *,
    units: int,
    epochs: int,
    decay: float,
    huber: float,
    noise: float = 0.0,
    rate: float = 3e-3,
    batch: int = 256,
    seed: int = 0,
) -> Network:
    """Fits a network by least squares, errors beyond a limit counted less (Huber, 1964).

    The linear part starts at its best; the rate falls along a cosine.

    Args:
        inputs: `(n, i)`, standardised.
        targets: `(n, o)`.
        weights: `(n,)` of the faces.
        units: hidden ones.
        epochs: passes over the faces.
        decay: weight decay, times ten times the rate a step.
        huber: length of an error from which it pulls no harder.
        noise: standard deviation of what is added to the inputs at each step.
        rate: of the first step.
        batch: faces a step.
        seed: of weights, order and noise.
    """
    rng = np.random.default_rng(seed)
    network = _start(inputs, targets, weights, units, rng)
    first = {name: np.zeros_like(value) for name, value in network.items()}
    second = {name: np.zeros_like(value) for name, value in network.items()}
    count, mean_weight = len(inputs), weights.mean()
    total, step = epochs * ((count + batch - 1) // batch), 0
    for _ in range(epochs):
        order = rng.permutation(count)
        for start in range(0, count, batch):
            rows = order[start : start + batch]
            x = inputs[rows] + noise * rng.normal(size=(len(rows), inputs.shape[1])) if noise else inputs[rows]
            slopes = _slopes(network, x, targets[rows], weights[rows] / (mean_weight * len(rows)), huber)
            step += 1
            now = rate * 0.5 * (1 + np.cos(np.pi * step / total))
            for name, slope in slopes.items():
                first[name] = 0.9 * first[name] + 0.1 * slope
                second[name] = 0.999 * second[name] + 0.001 * slope**2
                spread = np.sqrt(second[name] / (1 - 0.999**step)) + 1e-8
                network[name] = network[name] - now * first[name] / (1 - 0.9**step) / spread
                if name in _WEIGHTS:
                    network[name] = network[name] * (1 - now * 10 * decay)
    return network


def _start(
    inputs: np.ndarray, targets: np.ndarray, weights: np.ndarray, units: int, rng: np.random.Generator
) -> Network:
    """Random hidden units that hardly count, beside the ridge solution of the linear part."""
    size, outputs = inputs.shape[1], targets.shape[1]
    mean = np.average(targets, 0, weights)
    weighted = (inputs * weights[:, None]).T
    hidden = rng.normal(size=(size, units)) / np.sqrt(size)
    return {
        "hidden": hidden,
        "hidden_bias": np.zeros(units),
        "out": 0.1 * rng.normal(size=(units, outputs)) / np.sqrt(units),
        "skip": np.linalg.solve(weighted @ inputs + 1e-3 * weights.sum() * np.eye(size), weighted @ (targets - mean)),
        "out_bias": mean,
    }


def _slopes(network: Network, x: np.ndarray, targets: np.ndarray, weights: np.ndarray, huber: float) -> Network:
    """Gradients of the weighted Huber loss of a batch by every parameter."""
    hidden = _hidden(network, x)
    error = _outputs(network, x, hidden) - targets
    length = np.sqrt((error**2).sum(1, keepdims=True))
    pull = error * np.minimum(1, huber / np.maximum(length, 1e-9)) * weights[:, None]
    inner = (pull @ network["out"].T) * (1 - hidden * hidden)
    return {
        "hidden": x.T @ inner,
        "hidden_bias": inner.sum(0),
        "out": hidden.T @ pull,
        "skip": x.T @ pull,
        "out_bias": pull.sum(0),
    }


def _hidden(network: Network, inputs: np.ndarray) -> np.ndarray:
    return np.tanh(inputs @ network["hidden"] + network["hidden_bias"])


def _outputs(network: Network, inputs: np.ndarray, hidden: np.ndarray) -> np.ndarray:
    return hidden @ network["out"] + inputs @ network["skip"] + network["out_bias"]
