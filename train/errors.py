"""Errors of the training side; each is one line that names the file and the cure."""

from smile_edge.errors import SmileEdgeError

__all__ = ["DataError"]


class DataError(SmileEdgeError):
    """A data pack, a label file or a run folder is missing or malformed."""
