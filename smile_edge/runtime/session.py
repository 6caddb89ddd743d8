"""The only importer of onnxruntime: opens a model on the provider that was asked for, and says which one it got.

onnxruntime hands out a CPU session in silence when CUDA cannot start, and some failures (cuDNN) only show at the first
run. So every session is run once before it is handed over, and the report states what that run really used.
"""

import contextlib
import io
import logging
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort

from smile_edge.errors import ModelError, ProviderError, UsageError
from smile_edge.runtime.cuda_graphs import BUCKETS, BoundRuns
from smile_edge.runtime.node_placement import Placement, assigned_placement, node_counts, profiled_placement
from smile_edge.runtime.protocol import Shape
from smile_edge.runtime.providers import (
    CHAINS,
    CURES,
    EP_NAMES,
    NO_CAPTURE,
    NOT_BUILT,
    PROVIDERS,
    SHORT_NAMES,
    Provider,
    missing_driver,
    provider_options,
    why_not,
)
from smile_edge.runtime.report import ExecutionReport
from smile_edge.types import Array
from smile_edge.validation import check_counts, check_given, shown

__all__ = ["PROVIDERS", "OnnxSession", "Provider", "available_providers", "built_for_cuda", "runtime_version"]


_DTYPES = {"tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(uint8)": np.uint8}
_DEFAULT_SEVERITY = 2
_SILENT_SEVERITY = 4
_ERROR_SEVERITY = 3
MOST_THREADS = 256
"""More than any CPU has use for in one run; tens of thousands would take all of the memory."""
_WARM_SIDE = 64
"""Size used for a free spatial dimension in the warm run: a multiple of every stride."""
_WARM_BATCHES = BUCKETS[:4]
"""Batches that an accelerator's session has met before it is handed over, where nothing but the batch is free."""
_SLOW_S = 1.0
"""A start that takes longer than this says so while it lasts."""

_log = logging.getLogger(__name__)


class OnnxSession:
    """One model, opened and warmed on one provider; may be shared by threads.

    Args:
        path: the `.onnx` file.
        provider: `auto` (CUDA where it works, else the CPU), `cpu`, `cuda` or `tensorrt`.
        threads: CPU threads inside one run. Frames in parallel are faster with one thread in each of several callers.
        sizes: free sizes of the model that this session fixes, by name (`{"h": 480, "w": 640}`): what depends on them
            alone is then computed once.

    Raises:
        UsageError: `provider` or `threads` cannot be used.
        ModelError: the file is missing or not a model.
        ProviderError: `cuda` or `tensorrt` was asked for by name and not obtained.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        provider: str = "auto",
        threads: int = 1,
        sizes: Mapping[str, int] | None = None,
    ) -> None:
        if not isinstance(provider, str) or provider not in PROVIDERS:
            raise UsageError(f"provider must be one of {', '.join(PROVIDERS)}. Received: {shown(provider)}.")
        check_given(threads=threads)
        check_counts(threads=threads)
        if threads > MOST_THREADS:
            raise UsageError(f"threads must be at most {MOST_THREADS}. Received: threads={threads}")
        if not Path(path).is_file():
            raise ModelError(f"No model file at {path}. Export the model, or name its folder with --models.")
        plan = _Plan(Path(path), threads, dict(sizes or {}))
        session, self._bound, self.report = _open(plan, provider)
        self.inputs: dict[str, Shape] = {item.name: _shape(item) for item in session.get_inputs()}
        self.outputs: dict[str, Shape] = {item.name: _shape(item) for item in session.get_outputs()}
        self._session, self._plan = session, plan
        self._names = list(self.outputs)

    def run(self, feeds: Mapping[str, Array]) -> dict[str, Array]:
        """All outputs by name."""
        if self._bound is not None:
            return self._bound.run(feeds)
        return dict(zip(self._names, self._session.run(self._names, feeds), strict=True))

    def kept(self, feeds: Mapping[str, Array]) -> Callable[[], dict[str, Array]]:
        """`run` to be called again and again: each call reads what the arrays of `feeds` hold by then.

        On the CPU neither is anything checked or allocated again (5 us less), so what a call returns is overwritten by
        the next one, and each thread needs a run of its own.

        Args:
            feeds: contiguous arrays by name; they are kept.
        """
        if self._bound is not None:
            return partial(self._bound.run, feeds)
        outputs = self.run(feeds)  # tells their shapes
        binding = self._session.io_binding()
        for name, array in feeds.items():
            binding.bind_input(name, "cpu", 0, array.dtype.type, array.shape, array.ctypes.data)
        for name, array in outputs.items():
            binding.bind_output(name, "cpu", 0, array.dtype.type, array.shape, array.ctypes.data)
        return partial(self._run_kept, binding, feeds, outputs)

    def _run_kept(self, binding: Any, feeds: Mapping[str, Array], outputs: dict[str, Array]) -> dict[str, Array]:
        """Runs what is bound; `feeds` are held, since the binding knows only where they lie."""
        self._session.run_with_iobinding(binding)
        return outputs

    def placement(self) -> Placement:
        """What runs where: operators and how often, by provider, e.g. `{"cuda": {"Conv": 19}, "cpu": {"Resize": 1}}`.

        From the session's own assignment; from one profiled run where this onnxruntime does not record it.
        """
        return assigned_placement(self._session) or _profiled(self._plan, self.report.obtained)


def runtime_version() -> str:
    """The version of onnxruntime."""
    return str(ort.__version__)


def available_providers() -> tuple[str, ...]:
    """Short names of the providers that this onnxruntime was built with, whether they can start here or not."""
    built = ort.get_available_providers()
    return tuple(SHORT_NAMES.get(name, name) for name in built)


def built_for_cuda() -> str | None:
    """The CUDA version that this onnxruntime was built for (`13.0`); None for a build without CUDA."""
    return str(getattr(ort, "cuda_version", "") or "") or None


@dataclass(frozen=True, slots=True)
class _Plan:
    """What to open, whatever the provider."""

    path: Path
    threads: int
    sizes: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class _Opened:
    """A session on an accelerator, warm."""

    session: Any
    bound: BoundRuns
    warmup_ms: float
    nodes: dict[str, int]
    reason: str | None


def _open(plan: _Plan, wanted: str) -> tuple[Any, BoundRuns | None, ExecutionReport]:
    """The session and what it got: first the accelerator where one is wanted, then the CPU."""
    reason: str | None = None
    if wanted != "cpu":
        target = "cuda" if wanted == "auto" else wanted
        opened = _try_accelerator(plan, target)
        if isinstance(opened, _Opened):
            return (
                opened.session,
                opened.bound,
                ExecutionReport(
                    wanted,
                    target,
                    opened.reason,
                    runtime_version(),
                    opened.warmup_ms,
                    opened.nodes,
                    opened.bound.graphs,
                ),
            )
        reason = opened
        if wanted != "auto":
            raise ProviderError(f"--provider {wanted} was not obtained: {reason}. {CURES[wanted]}")
    try:
        session = _create(plan, "cpu", _ERROR_SEVERITY)
        warmup_ms = _warm_run(session)
    except Exception as error:
        raise ModelError(
            f"{plan.path} cannot be opened as an ONNX model ({_first_line(error)}). Export it again."
        ) from None
    return session, None, ExecutionReport(wanted, "cpu", reason, runtime_version(), warmup_ms, node_counts(session))


@dataclass(frozen=True, slots=True)
class _Refusal:
    """No session on an accelerator."""

    reason: str
    by_graphs: bool = False
    """Whether recording CUDA graphs may be what it failed at."""


def _try_accelerator(plan: _Plan, target: str) -> _Opened | str:
    """A warm session on `target`, with CUDA graphs where it can record them, or the reason why there is none."""
    if EP_NAMES[target] not in ort.get_available_providers():
        return f"{NOT_BUILT} {target}"
    if (missing := missing_driver()) is not None:
        return missing
    with _saying_when_slow(f"preparing {plan.path.name} for {target}"):
        opened = _attempt(plan, target, graphs=target == "cuda")
        if isinstance(opened, _Refusal) and opened.by_graphs:
            refusal, opened = opened, _attempt(plan, target, graphs=False)
            if isinstance(opened, _Opened):
                reasons = filter(None, [opened.reason, f"runs without CUDA graphs ({refusal.reason})"])
                opened = replace(opened, reason="; ".join(reasons))
    return opened.reason if isinstance(opened, _Refusal) else opened


def _attempt(plan: _Plan, target: str, *, graphs: bool) -> _Opened | _Refusal:
    """A warm session on `target`, or why there is none.

    onnxruntime refuses a whole session that cannot be captured, in silence or not, and a capture may fail in the warm
    run with any of CUDA's errors.
    """
    with _quiet() as said:
        if hasattr(ort, "preload_dlls"):
            ort.preload_dlls()
        try:
            session = _create(plan, target, _SILENT_SEVERITY, graphs=graphs)
            start = time.perf_counter()
            bound = BoundRuns(ort, session, graphs=graphs)
            if session.get_providers()[0] == EP_NAMES[target]:
                _warm_buckets(session, bound)
            warmup_ms = _ms_since(start)
        except Exception as error:  # onnxruntime's errors share no base class
            return _Refusal(_first_line(error), by_graphs=graphs)
    # After a failure inside Python's session class the providers are those of its second try.
    if session.get_providers()[0] != EP_NAMES[target]:
        return _Refusal(why_not(said.getvalue(), target), by_graphs=graphs and NO_CAPTURE in said.getvalue())
    nodes = node_counts(session)
    if nodes and not nodes.get(target):
        return _Refusal(f"{target} took none of the model's {sum(nodes.values())} nodes")
    elsewhere = sum(nodes.values()) - nodes.get(target, 0)
    reason = f"{elsewhere} of {sum(nodes.values())} nodes do not run on {target}" if elsewhere else None
    return _Opened(session, bound, warmup_ms, nodes, reason)


def _create(plan: _Plan, target: str, severity: int, *, graphs: bool = False, profile: Path | None = None) -> Any:
    options = ort.SessionOptions()
    if profile is not None:
        options.enable_profiling, options.profile_file_prefix = True, str(profile)
    options.log_severity_level = severity
    options.inter_op_num_threads = 1
    options.intra_op_num_threads = plan.threads
    if plan.threads > 1:
        # A spinning worker beside any other busy core makes a run four times slower.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.record_ep_graph_assignment_info", "1")
    for name, size in plan.sizes.items():
        options.add_free_dimension_override_by_name(name, size)
    providers = [(EP_NAMES[name], provider_options(name, graphs=graphs)) for name in CHAINS[target]]
    return ort.InferenceSession(str(plan.path), options, providers=providers)


def _warm_run(session: Any) -> float:
    """Runs zeros through the model once, batch 1; returns milliseconds."""
    feeds = _zeros(session, 1)
    start = time.perf_counter()
    session.run(None, feeds)
    return _ms_since(start)


def _warm_buckets(session: Any, bound: BoundRuns) -> None:
    """Runs zeros through the model at the batch sizes that come soonest."""
    shapes = [_shape(item) for item in session.get_inputs()]
    free = {axis for shape in shapes for axis, size in enumerate(shape) if not isinstance(size, int)}
    for batch in _WARM_BATCHES if free == {0} else _WARM_BATCHES[:1]:
        bound.run(_zeros(session, batch))


def _zeros(session: Any, batch: int) -> dict[str, Array]:
    """An input of zeros for every input of a model."""
    feeds: dict[str, Array] = {}
    for item in session.get_inputs():
        sizes = [_warm_size(size, axis, batch) for axis, size in enumerate(_shape(item))]
        feeds[item.name] = np.zeros(sizes, _DTYPES.get(item.type, np.float32))
    return feeds


def _ms_since(start: float) -> float:
    return round((time.perf_counter() - start) * 1e3, 3)


@contextlib.contextmanager
def _saying_when_slow(what: str) -> Iterator[None]:
    """Logs what is being waited for once it has taken a second, and in the end how long it took."""
    start = time.perf_counter()
    timer = threading.Timer(_SLOW_S, _log.warning, (f"{what}, this can take a while",))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
    if (seconds := time.perf_counter() - start) > _SLOW_S:
        _log.warning("%s took %.1f s", what, seconds)


def _warm_size(size: int | str, axis: int, batch: int) -> int:
    if isinstance(size, int):
        return size
    return batch if axis == 0 else _WARM_SIDE


def _shape(item: Any) -> Shape:
    return tuple(size if isinstance(size, int) else str(size or "?") for size in item.shape)


def _profiled(plan: _Plan, target: str) -> Placement:
    """What runs where, from the profile of one warm run."""
    with tempfile.TemporaryDirectory() as folder:
        session = _create(plan, target, _ERROR_SEVERITY, profile=Path(folder) / "run")
        _warm_run(session)
        return profiled_placement(Path(session.end_profiling()))


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
