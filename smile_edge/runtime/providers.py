"""What onnxruntime's providers are called, what they are given, and why one of them cannot be had."""

import ctypes
import os
import sys
from pathlib import Path
from typing import Literal, get_args

__all__ = [
    "CACHE_VARIABLE",
    "CHAINS",
    "CURES",
    "EP_NAMES",
    "NO_CAPTURE",
    "PROVIDERS",
    "SHORT_NAMES",
    "Provider",
    "missing_driver",
    "needs_no_telling",
    "provider_options",
    "why_not",
]

Provider = Literal["auto", "cpu", "cuda", "tensorrt"]

PROVIDERS: tuple[Provider, ...] = get_args(Provider)
"""What may be asked for."""

CACHE_VARIABLE = "SMILE_EDGE_CACHE"
"""Environment variable that names the folder for what TensorRT builds; without it the user's cache folder."""

EP_NAMES = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider", "tensorrt": "TensorrtExecutionProvider"}
SHORT_NAMES = {name: key for key, name in EP_NAMES.items()}
CHAINS: dict[str, tuple[str, ...]] = {
    "cpu": ("cpu",),
    "cuda": ("cuda", "cpu"),
    "tensorrt": ("tensorrt", "cuda", "cpu"),
}
NO_CAPTURE = "captur"
"""What onnxruntime's refusals of a CUDA graph have in common ("graph capture feature", "stream is capturing")."""

_NO_DRIVER = "no NVIDIA driver on this machine"
NOT_BUILT = "this onnxruntime was built without"
"""How the reason begins that onnxruntime cannot run a model on an accelerator at all."""

CURES = {
    "cuda": "Install the NVIDIA driver and `pip install 'smile-edge[cuda]'`, or use --provider cpu.",
    "tensorrt": "Install TensorRT beside `smile-edge[cuda]`, or use --provider cuda or cpu.",
}


def provider_options(name: str, *, graphs: bool) -> dict[str, str]:
    """What a provider of `CHAINS` is opened with.

    Args:
        name: `cpu`, `cuda` or `tensorrt`.
        graphs: whether CUDA is to record its runs.
    """
    if name == "cuda":
        # The exhaustive search for the fastest convolution costs 0.6 s for each new shape, and batches change shape.
        # TensorFloat-32 keeps ten bits of a number: nothing to win in networks this small, and points would differ.
        options = {"cudnn_conv_algo_search": "HEURISTIC", "use_tf32": "0"}
        return options | ({"enable_cuda_graph": "1"} if graphs else {})
    if name == "tensorrt" and (folder := _engine_folder()) is not None:
        return {
            "trt_engine_cache_enable": "1",
            "trt_engine_cache_path": str(folder),
            "trt_timing_cache_enable": "1",
            "trt_timing_cache_path": str(folder),
        }
    return {}


def missing_driver() -> str | None:
    """Why no NVIDIA driver can be used, or None when there is one; far cheaper than a failed session."""
    library = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"
    try:
        ctypes.CDLL(library)
    except OSError:
        return f"{_NO_DRIVER} ({library} not found)"
    return None


def needs_no_telling(wanted: str, reason: str) -> bool:
    """Whether a run on the CPU is what anybody expects: nobody asked for a GPU by name, and there is no driver of one.

    `doctor` says it all the same.
    """
    if wanted != "auto":
        return False
    return reason.startswith(_NO_DRIVER) or (reason.startswith(NOT_BUILT) and missing_driver() is not None)


def why_not(said: str, target: str) -> str:
    """The reason for a session that fell back in silence, from what onnxruntime printed while it tried."""
    if target == "tensorrt" and "TensorRT" in said:
        return "the TensorRT libraries were not found"
    missing = [line.split()[3].rstrip(":") for line in said.splitlines() if line.startswith("Failed to load ")]
    if missing:
        return f"CUDA libraries are missing ({', '.join(missing)})"
    refused = next((line for line in said.splitlines() if NO_CAPTURE in line), None)
    return refused[:200] if refused else f"{target} could not start on this machine"


def _engine_folder() -> Path | None:
    """Where TensorRT's engines are kept, which take minutes to build; None where nothing can be written."""
    base = os.environ.get(CACHE_VARIABLE) or os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    folder = Path(base) / "smile-edge" / "tensorrt"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK) else None
