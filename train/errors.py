"""Errors of the training side; each is one line that names the file and the cure."""

from smile_edge.errors import SmileEdgeError

__all__ = ["DataError", "UnreachableWeightsError"]


class DataError(SmileEdgeError):
    """A data pack, a label file or a run folder is missing or malformed."""


class UnreachableWeightsError(DataError):
    """Published weights are neither on this machine nor to be downloaded; what does not need them can go on."""
