"""Runs with nothing allocated twice: buffers on the device for each batch size, replayed as CUDA graphs.

A small network on CUDA spends most of its time on starting kernels, allocating and copying. So batches are padded to a
few sizes (`BUCKETS`), each with its inputs and outputs at fixed addresses on the device, so that onnxruntime may record
a run once and replay it with one call. onnxruntime itself comes in as an argument: only `session` imports it.
"""

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from smile_edge.types import Array

__all__ = ["BUCKETS", "MOST_SHAPES", "BoundRuns", "bucket_of"]

BUCKETS = (1, 2, 4, 8, 16, 32, 64)
"""Batch sizes that runs are padded to."""

MOST_SHAPES = 16
"""Shapes that buffers are kept for; a folder of pictures of many sizes must not fill the device."""

_DEVICE = "cuda"
_NO_GRAPH = "-1"
"""The graph id that tells onnxruntime to run without recording or replaying."""

Shapes = tuple[tuple[int, ...], ...]

_log = logging.getLogger(__name__)


def bucket_of(count: int) -> int | None:
    """The smallest bucket that holds a batch; None for one larger than all."""
    return next((size for size in BUCKETS if size >= count), None)


@dataclass(slots=True)
class _Bound:
    """Fixed buffers of one shape; the values are `OrtValue`s on the device."""

    binding: Any
    inputs: dict[str, Any]
    outputs: dict[str, Any]
    padded: dict[str, Array]
    """Room on the host for inputs that are smaller than their bucket."""
    options: Any


class BoundRuns:
    """Runs of one session through bound buffers; callers in several threads take turns."""

    def __init__(self, ort: Any, session: Any, *, graphs: bool) -> None:
        """Binds nothing yet.

        Args:
            ort: the module `onnxruntime`.
            session: its session on CUDA or TensorRT.
            graphs: whether the session was opened with `enable_cuda_graph`.
        """
        self._ort, self._session, self.graphs = ort, session, graphs
        self._inputs = [item.name for item in session.get_inputs()]
        self._outputs = [item.name for item in session.get_outputs()]
        self._batched = all(not isinstance(item.shape[0], int) for item in session.get_inputs())
        self._bound: dict[Shapes, _Bound | None] = {}
        self._lock = threading.Lock()
        self._plain = self._options(_NO_GRAPH)

    def run(self, feeds: Mapping[str, Array]) -> dict[str, Array]:
        """All outputs by name."""
        count = len(feeds[self._inputs[0]])
        bucket = bucket_of(count) if self._batched else count
        with self._lock:
            bound = None if bucket is None else self._bound_for(feeds, bucket)
            if bound is None:
                values = self._session.run(self._outputs, dict(feeds), self._plain)
                return dict(zip(self._outputs, values, strict=True))
            return self._replayed(bound, feeds, count)

    def _bound_for(self, feeds: Mapping[str, Array], bucket: int) -> _Bound | None:
        """The buffers for a batch in this bucket, made at the first one; None where there are none for this shape."""
        shapes = tuple((bucket, *feeds[name].shape[1:]) for name in self._inputs)
        if shapes not in self._bound:
            if len(self._bound) >= MOST_SHAPES:
                return None
            self._bound[shapes] = self._recorded(feeds, shapes)
        return self._bound[shapes]

    def _recorded(self, feeds: Mapping[str, Array], shapes: Shapes) -> _Bound | None:
        """New buffers, after the runs that choose kernels, tell the outputs' shapes and record the graph."""
        binding = self._session.io_binding()
        inputs, padded = {}, {}
        for name, shape in zip(self._inputs, shapes, strict=True):
            dtype = feeds[name].dtype
            inputs[name] = self._ort.OrtValue.ortvalue_from_shape_and_type(shape, dtype.type, _DEVICE, 0)
            padded[name] = np.zeros(shape, dtype)
            inputs[name].update_inplace(padded[name])
            binding.bind_ortvalue_input(name, inputs[name])
        for name in self._outputs:
            binding.bind_output(name, _DEVICE, 0)
        self._session.run_with_iobinding(binding, self._plain)
        outputs = dict(zip(self._outputs, binding.get_outputs(), strict=True))
        for name, value in outputs.items():
            binding.bind_ortvalue_output(name, value)
        if not self.graphs:
            return _Bound(binding, inputs, outputs, padded, self._plain)
        bound = _Bound(binding, inputs, outputs, padded, self._options(str(len(self._bound) + 1)))
        if not self._bound:  # a model that cannot be recorded at all must fail while the session is being opened
            self._session.run_with_iobinding(binding, bound.options)
            return bound
        try:
            self._session.run_with_iobinding(binding, bound.options)
        except Exception as error:  # onnxruntime's errors share no base class
            _log.warning("shapes %s run without a CUDA graph: %s", list(shapes), str(error).partition("\n")[0])
            return None
        return bound

    def _replayed(self, bound: _Bound, feeds: Mapping[str, Array], count: int) -> dict[str, Array]:
        for name, value in bound.inputs.items():
            feed, room = feeds[name], bound.padded[name]
            if feed.shape != room.shape or not feed.flags.c_contiguous:
                room[: len(feed)] = feed
                feed = room
            value.update_inplace(feed)
        self._session.run_with_iobinding(bound.binding, bound.options)
        outputs = {name: value.numpy() for name, value in bound.outputs.items()}
        return {name: value[:count] for name, value in outputs.items()} if self._batched else outputs

    def _options(self, graph_id: str) -> Any:
        options = self._ort.RunOptions()
        if self.graphs:
            options.add_run_config_entry("gpu_graph_id", graph_id)
        return options
