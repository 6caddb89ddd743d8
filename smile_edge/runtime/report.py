"""What a session was asked for and what it got."""

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["ExecutionReport"]


@dataclass(frozen=True, slots=True)
class ExecutionReport:
    """What was asked for and what a warm run really used."""

    wanted: str
    """`auto`, `cpu`, `cuda` or `tensorrt`."""
    obtained: str
    """`cpu`, `cuda` or `tensorrt`."""
    reason: str | None
    """Why `obtained` is less than could be wished for, in one line; None when there is nothing to explain."""
    onnxruntime_version: str
    warmup_ms: float
    """Time of the first run."""
    nodes: Mapping[str, int] = field(default_factory=dict)
    """Graph nodes by provider (`{"cuda": 24}`); empty where this onnxruntime cannot tell."""
    cuda_graphs: bool = False
    """Whether runs are recorded as CUDA graphs, one for each batch size, and replayed."""
    precision: str = "float32"
    """`float32` or `int8`: which of the two models runs."""
    precision_reason: str | None = None
    """Why it is that one; None where there was no choice."""
