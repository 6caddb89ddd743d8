"""The only importer of onnxruntime: opens a model on the provider that was asked for, and says which one it got.

onnxruntime hands out a CPU session in silence when CUDA cannot start, and some failures (cuDNN) only show at the first
run. So every session is run once before it is handed over, and the report states what that run really used.
"""

import contextlib
import ctypes
import io
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from smile_edge.errors import ModelError, ProviderError, UsageError
from smile_edge.manifest import ModelManifest, find_models

__all__ = ["PROVIDERS", "ExecutionReport", "OnnxSession", "Provider", "open_model", "runtime_version"]

Provider = Literal["auto", "cpu", "cuda", "tensorrt"]

PROVIDERS: tuple[Provider, ...] = get_args(Provider)
"""What may be asked for."""

Array = npt.NDArray[Any]
Shape = tuple[int | str, ...]

_EP_NAMES = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider", "tensorrt": "TensorrtExecutionProvider"}
_EP_OPTIONS: dict[str, dict[str, str]] = {
    # The exhaustive search for the fastest convolution costs 0.6 s for each new shape, and batches change shape.
    "CUDAExecutionProvider": {"cudnn_conv_algo_search": "HEURISTIC"},
}
_CHAINS: dict[str, tuple[str, ...]] = {
    "cpu": ("cpu",),
    "cuda": ("cuda", "cpu"),
    "tensorrt": ("tensorrt", "cuda", "cpu"),
}
_CURES = {
    "cuda": "Install the NVIDIA driver and `pip install 'smile-edge[cuda]'`, or use --provider cpu.",
    "tensorrt": "Install TensorRT beside `smile-edge[cuda]`, or use --provider cuda or cpu.",
}
_DTYPES = {"tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(uint8)": np.uint8}
_DEFAULT_SEVERITY = 2
_SILENT_SEVERITY = 4
_ERROR_SEVERITY = 3
_WARM_SIDE = 64
"""Size used for a free spatial dimension in the warm run: a multiple of every stride."""


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


class OnnxSession:
    """One model, opened and warmed on one provider; may be shared by threads.

    Args:
        path: the `.onnx` file.
        provider: `auto` (CUDA where it works, else the CPU), `cpu`, `cuda` or `tensorrt`.
        threads: CPU threads inside one run. Frames in parallel are faster with one thread in each of several callers.

    Raises:
        UsageError: `provider` or `threads` cannot be used.
        ModelError: the file is missing or not a model.
        ProviderError: `cuda` or `tensorrt` was asked for by name and not obtained.
    """

    def __init__(self, path: str | Path, *, provider: str = "auto", threads: int = 1) -> None:
        if provider not in PROVIDERS:
            raise UsageError(f"provider must be one of {', '.join(PROVIDERS)}. Received: {provider!r}.")
        if threads < 1:
            raise UsageError(f"threads must be at least 1. Received: {threads}.")
        if not Path(path).is_file():
            raise ModelError(f"No model file at {path}. Export the model, or name its folder with --models.")
        session, self.report = _open(Path(path), provider, threads)
        self.inputs: dict[str, Shape] = {item.name: _shape(item) for item in session.get_inputs()}
        self.outputs: dict[str, Shape] = {item.name: _shape(item) for item in session.get_outputs()}
        self._session = session
        self._names = list(self.outputs)

    def run(self, feeds: Mapping[str, Array]) -> dict[str, Array]:
        """All outputs by name."""
        # Binding inputs and outputs saves 5 us of a run of about 1 ms, and would tie the session to one thread.
        return dict(zip(self._names, self._session.run(self._names, feeds), strict=True))


def open_model(
    name: str, *, models: str | Path | None = None, provider: str = "auto", threads: int = 1
) -> tuple[ModelManifest, OnnxSession]:
    """A shipped model by name (`detector`, `landmarks`), checked against its manifest.

    Raises:
        ModelError: the folder, the manifest or the model is missing.
        ManifestMismatchError: hash, names or shapes differ from the manifest.
        ProviderError: the provider that was named was not obtained.
    """
    folder = find_models(models)
    manifest = ModelManifest.load(folder / f"{name}.json")
    manifest.verify(folder / manifest.file)
    session = OnnxSession(folder / manifest.file, provider=provider, threads=threads)
    manifest.check_signature(session.inputs, session.outputs)
    return manifest, session


def runtime_version() -> str:
    """The version of onnxruntime."""
    return str(ort.__version__)


def _open(path: Path, wanted: str, threads: int) -> tuple[Any, ExecutionReport]:
    """The session and what it got: first the accelerator where one is wanted, then the CPU."""
    reason: str | None = None
    if wanted != "cpu":
        target = "cuda" if wanted == "auto" else wanted
        opened, reason = _try_accelerator(path, target, threads)
        if opened is not None:
            session, warmup_ms, nodes = opened
            return session, ExecutionReport(wanted, target, reason, runtime_version(), warmup_ms, nodes)
        if wanted != "auto":
            raise ProviderError(f"--provider {wanted} was not obtained: {reason}. {_CURES[wanted]}")
    try:
        session = _create(path, "cpu", threads, _ERROR_SEVERITY)
        warmup_ms = _warm_run(session)
    except Exception as error:
        raise ModelError(f"{path} cannot be opened as an ONNX model ({_first_line(error)}). Export it again.") from None
    return session, ExecutionReport(wanted, "cpu", reason, runtime_version(), warmup_ms, _nodes(session))


def _try_accelerator(
    path: Path, target: str, threads: int
) -> tuple[tuple[Any, float, dict[str, int]] | None, str | None]:
    """A warmed session on `target` with its warm-up time and node counts, or None and the reason."""
    if _EP_NAMES[target] not in ort.get_available_providers():
        return None, f"this onnxruntime was built without {target}"
    if (missing := _missing_driver()) is not None:
        return None, missing
    with _quiet() as said:
        if hasattr(ort, "preload_dlls"):
            ort.preload_dlls()
        try:
            session = _create(path, target, threads, _SILENT_SEVERITY)
            warmup_ms = _warm_run(session)
        except Exception as error:  # onnxruntime's errors share no base class
            return None, _first_line(error)
    # After a failure inside Python's session class the providers are those of its second try.
    if session.get_providers()[0] != _EP_NAMES[target]:
        return None, _why_not(said.getvalue(), target)
    nodes = _nodes(session)
    if nodes and not nodes.get(target):
        return None, f"{target} took none of the model's {sum(nodes.values())} nodes"
    elsewhere = sum(nodes.values()) - nodes.get(target, 0)
    reason = f"{elsewhere} of {sum(nodes.values())} nodes do not run on {target}" if elsewhere else None
    return (session, warmup_ms, nodes), reason


def _create(path: Path, target: str, threads: int, severity: int) -> Any:
    options = ort.SessionOptions()
    options.log_severity_level = severity
    options.inter_op_num_threads = 1
    options.intra_op_num_threads = threads
    if threads > 1:
        # A spinning worker beside any other busy core makes a run four times slower.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.record_ep_graph_assignment_info", "1")
    providers = [(_EP_NAMES[name], _EP_OPTIONS.get(_EP_NAMES[name], {})) for name in _CHAINS[target]]
    return ort.InferenceSession(str(path), options, providers=providers)


def _warm_run(session: Any) -> float:
    """Runs zeros through the model once, batch 1; returns milliseconds."""
    feeds = {}
    for item in session.get_inputs():
        sizes = [_warm_size(size, axis) for axis, size in enumerate(_shape(item))]
        feeds[item.name] = np.zeros(sizes, _DTYPES.get(item.type, np.float32))
    start = time.perf_counter()
    session.run(None, feeds)
    return round((time.perf_counter() - start) * 1e3, 3)


def _warm_size(size: int | str, axis: int) -> int:
    if isinstance(size, int):
        return size
    return 1 if axis == 0 else _WARM_SIDE


def _shape(item: Any) -> Shape:
    return tuple(size if isinstance(size, int) else str(size or "?") for size in item.shape)


def _nodes(session: Any) -> dict[str, int]:
    """Nodes by provider, as assigned; empty where this onnxruntime does not record it."""
    if not hasattr(session, "get_provider_graph_assignment_info"):
        return {}
    short = {name: key for key, name in _EP_NAMES.items()}
    counts: dict[str, int] = {}
    for part in session.get_provider_graph_assignment_info():
        key = short.get(part.ep_name, part.ep_name)
        counts[key] = counts.get(key, 0) + len(part.get_nodes())
    return counts


def _missing_driver() -> str | None:
    """Why no NVIDIA driver can be used, or None when there is one; far cheaper than a failed session."""
    library = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"
    try:
        ctypes.CDLL(library)
    except OSError:
        return f"no NVIDIA driver on this machine ({library} not found)"
    return None


def _why_not(said: str, target: str) -> str:
    """The reason for a session that fell back in silence, from what onnxruntime printed while it tried."""
    if target == "tensorrt" and "TensorRT" in said:
        return "the TensorRT libraries were not found"
    missing = [line.split()[3].rstrip(":") for line in said.splitlines() if line.startswith("Failed to load ")]
    if missing:
        return f"CUDA libraries are missing ({', '.join(missing)})"
    return f"{target} could not start on this machine"


@contextlib.contextmanager
def _quiet() -> Iterator[io.StringIO]:
    """Keeps onnxruntime's prints (it uses standard output) and log lines out of the way; yields what it printed."""
    said = io.StringIO()
    ort.set_default_logger_severity(_SILENT_SEVERITY)
    try:
        with contextlib.redirect_stdout(said):
            yield said
    finally:
        ort.set_default_logger_severity(_DEFAULT_SEVERITY)


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:200].rstrip(".") if lines else type(error).__name__
