"""Networks of the comparison, by their specification."""

import numpy as np

from train.compare.networks.registry import NETWORKS, parse_options, split_spec

__all__ = ["GREY", "SPECS", "build"]

SPECS = ["ours:0.5", "smile", "smile:relu,head=linear", "vgg19:block1_pool,weights=none,dense=4,dropout=0.5,head=relu"]
GREY = np.random.default_rng(0).integers(0, 256, (2, 96, 96, 1)).astype("float32")


def build(text, points=4):
    name, options = split_spec(text)
    return NETWORKS[name].build(points, parse_options(name, options))
