"""Sessions with chosen settings beside the runtime's own: what graphs, bound buffers and precisions gain."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort

from smile_edge.runtime.providers import CHAINS, EP_NAMES, provider_options
from smile_edge.types import Array

__all__ = ["BoundModel", "open_raw", "run_plainly"]

_GRAPH, _NO_GRAPH = "1", "-1"


def open_raw(
    model: Path | bytes, provider: str, *, graphs: bool = False, profile: Path | None = None, **own: str
) -> Any:
    """An `onnxruntime.InferenceSession` on one core of the host.

    Args:
        model: the file, or the bytes of one.
        provider: `cpu` or `cuda`.
        graphs: whether CUDA records its runs.
        profile: beginning of the file that receives onnxruntime's profile.
        own: provider options that replace the runtime's, such as `use_tf32="1"`.

    Raises:
        RuntimeError: the provider was not obtained, or cannot record this model.
    """
    options = ort.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    if profile is not None:
        options.enable_profiling, options.profile_file_prefix = True, str(profile)
    chain = [(EP_NAMES[name], provider_options(name, graphs=graphs)) for name in CHAINS[provider]]
    chain[0] = (chain[0][0], {**chain[0][1], **own})
    session = ort.InferenceSession(model if isinstance(model, bytes) else str(model), options, providers=chain)
    if session.get_providers()[0] != EP_NAMES[provider]:
        raise RuntimeError(f"{provider} was not obtained: {session.get_providers()}")
    return session


def run_plainly(session: Any, feeds: dict[str, Array]) -> Callable[[], Any]:
    """Arrays in, arrays out; onnxruntime copies and allocates."""
    return lambda: session.run(None, feeds)


class BoundModel:
    """Inputs and outputs of one shape at fixed addresses on the device; each part of a run by itself.

    Example:
        >>> bound = BoundModel(open_raw(path, "cuda", graphs=True), {"crops": crops}, graphs=True)
        >>> points = bound.upload_run_download()["points"]
    """

    def __init__(self, session: Any, feeds: dict[str, Array], *, graphs: bool) -> None:
        """Allocates, runs once and, with `graphs`, records."""
        self.session, self.feeds = session, feeds
        self.inputs = {name: ort.OrtValue.ortvalue_from_numpy(array, "cuda", 0) for name, array in feeds.items()}
        self.binding = session.io_binding()
        for name, value in self.inputs.items():
            self.binding.bind_ortvalue_input(name, value)
        names = [item.name for item in session.get_outputs()]
        for name in names:
            self.binding.bind_output(name, "cuda", 0)
        session.run_with_iobinding(self.binding, _options(_NO_GRAPH if graphs else None))
        self.outputs = dict(zip(names, self.binding.get_outputs(), strict=True))
        for name, value in self.outputs.items():
            self.binding.bind_ortvalue_output(name, value)
        self.options = _options(_GRAPH if graphs else None)
        self.unwaited = _options(_GRAPH if graphs else None, wait=False)
        self.run()

    def upload(self) -> None:
        """The inputs to the device."""
        for name, value in self.inputs.items():
            value.update_inplace(self.feeds[name])

    def run(self) -> None:
        """One run on what lies on the device, waited for."""
        self.session.run_with_iobinding(self.binding, self.options)

    def runs_back_to_back(self, count: int) -> None:
        """So many runs, of which only the last is waited for: the device never idles between two."""
        for _ in range(count - 1):
            self.session.run_with_iobinding(self.binding, self.unwaited)
        self.run()

    def download(self) -> dict[str, np.ndarray]:
        """The outputs as arrays of the host."""
        return {name: value.numpy() for name, value in self.outputs.items()}

    def upload_run_download(self) -> dict[str, np.ndarray]:
        """The whole way of a batch."""
        self.upload()
        self.run()
        return self.download()


def _options(graph: str | None, *, wait: bool = True) -> Any:
    options = ort.RunOptions()
    if graph is not None:
        options.add_run_config_entry("gpu_graph_id", graph)
    if not wait:
        options.add_run_config_entry("disable_synchronize_execution_providers", "1")
    return options
