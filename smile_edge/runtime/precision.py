"""What a model computes in: float32, or 8-bit integers where those are faster on this processor and as good.

`<name>-int8.onnx`, made by `python -m export quantize`, may lie beside `<name>.onnx`. Whether integers are faster
depends on the processor, and some add them up in 16 bits and saturate in silence. So both models look at one drawn
picture when they are opened, and the quantised one is used only where it was faster and said the same.
"""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal, TypeVar, get_args

import numpy as np

from smile_edge.errors import ManifestMismatchError, ModelError, SmileEdgeError, UsageError
from smile_edge.runtime.manifest import ModelManifest, TensorSpec
from smile_edge.runtime.protocol import DescribedSession
from smile_edge.types import Array
from smile_edge.validation import shown

__all__ = [
    "INT8",
    "PRECISIONS",
    "Precision",
    "check_precision",
    "choose_int8",
    "int8_manifest",
    "mean_differences",
    "trial_picture",
]

Precision = Literal["auto", "float32", "int8"]

PRECISIONS: tuple[Precision, ...] = get_args(Precision)
"""What may be asked for."""

INT8 = "-int8"
"""Ending of the quantised model's name: `landmarks-int8.onnx` and `landmarks-int8.json`."""

_FASTER = 1.1
"""How many times as fast the quantised model must be: a gain that is smaller than the noise is none."""
_ROUNDS = 4
"""Runs of each model in a trial; the fastest counts."""
_TRIAL_SIZE = (128, 160)
"""Height and width px of the trial's picture where the model leaves them free."""


AnySession = TypeVar("AnySession", bound=DescribedSession)


def check_precision(precision: str) -> None:
    """Raises `UsageError` for anything but one of `PRECISIONS`."""
    if not isinstance(precision, str) or precision not in PRECISIONS:
        raise UsageError(f"precision must be one of {', '.join(PRECISIONS)}. Received: {shown(precision)}.")


def choose_int8(
    wanted: str,
    folder: Path,
    manifest: ModelManifest,
    reference: DescribedSession,
    open_session: Callable[[Path], AnySession],
    *,
    obtained: str,
) -> tuple[AnySession | None, str]:
    """The quantised model's session where it is to be used, and why it is or is not.

    Args:
        wanted: `auto` or `int8`; the latter is content with a model that is not faster.
        folder: where the models lie.
        manifest: of the float32 model.
        reference: its session.
        open_session: opens the quantised model on the CPU.
        obtained: the provider that the float32 model runs on.

    Raises:
        ModelError: `int8` was asked for and is not to be had.
    """
    try:
        if obtained != "cpu":
            raise ModelError(f"int8 runs on the CPU only, and this session runs on {obtained}. Add --provider cpu.")
        quantised = int8_manifest(folder, manifest)
        session = open_session(folder / quantised.file)
        quantised.check_signature(session.inputs, session.outputs)
        times_as_fast = _trial(quantised, reference, session)
    except SmileEdgeError as error:
        if wanted == "int8":
            raise ModelError(f"--precision int8 was not obtained: {error}") from None
        return None, str(error)
    said = f"{times_as_fast:.1f} times as fast as float32 in a trial"
    if wanted == "int8":
        return session, f"int8 was asked for; {said}"
    return (session, said) if times_as_fast >= _FASTER else (None, f"int8 is not faster on this processor ({said})")


def int8_manifest(folder: Path, manifest: ModelManifest) -> ModelManifest:
    """The manifest of the quantised model of a float32 model, held against both files.

    Raises:
        ModelError: there is none, or it cannot be read.
        ManifestMismatchError: it was made from another float32 model, or the file is not the one it describes.
    """
    path = folder / f"{manifest.name}{INT8}.json"
    if not path.is_file():
        raise ModelError(f"there is no {path.name} in {folder}. Make it with `python -m export quantize`.")
    quantised = ModelManifest.load(path)
    if quantised.parameters.get("float32_sha256") != manifest.sha256:
        raise ManifestMismatchError(
            f"{path.name} was made from another {manifest.file}. Make it again with `python -m export quantize`."
        )
    quantised.verify(folder / quantised.file)
    return quantised


def trial_picture(spec: TensorSpec) -> Array:
    """A drawn face on a striped ground for an image input, batch 1: `(1, 3, h, w)` float32 0..255.

    Noise would leave most of a network at rest; a face drives the maps that real pictures drive.
    """
    height, width = (
        size if isinstance(size, int) else free for size, free in zip(spec.shape[2:], _TRIAL_SIZE, strict=True)
    )
    y, x = np.mgrid[:height, :width].astype(np.float32)
    x, y = (x - (width - 1) / 2) / min(height, width), (y - (height - 1) / 2) / min(height, width)

    def blob(left: float, top: float, wide: float, high: float) -> Array:
        return np.asarray(np.exp(-((((x - left) / wide) ** 2 + ((y - top) / high) ** 2) ** 2)))

    ground = 0.35 + 0.2 * np.cos(40 * x + 9 * y)
    skin = blob(0, 0, 0.32, 0.42)
    dark = blob(-0.13, -0.1, 0.06, 0.03) + blob(0.13, -0.1, 0.06, 0.03) + blob(0, 0.2, 0.12, 0.03)
    dark += 0.6 * (blob(-0.13, -0.17, 0.09, 0.015) + blob(0.13, -0.17, 0.09, 0.015)) + 0.3 * blob(0, 0.06, 0.05, 0.03)
    colours = np.array([0.55, 0.68, 0.9], np.float32)[:, None, None]  # BGR
    picture = ground * (1 - skin) + colours * skin * (1 - 0.8 * np.clip(dark, 0, 1))
    return np.asarray(255 * np.clip(picture, 0, 1)[None], np.float32)


def mean_differences(wanted: Mapping[str, Array], found: Mapping[str, Array]) -> dict[str, float]:
    """Mean absolute difference of each output."""
    return {name: float(np.abs(found[name] - value).mean()) for name, value in wanted.items()}


def _trial(quantised: ModelManifest, reference: DescribedSession, session: DescribedSession) -> float:
    """Runs both models in turns; returns how many times as fast the quantised one is.

    Raises:
        ManifestMismatchError: it says something else than on the machine where it was made.
    """
    spec = quantised.inputs[0]
    feeds = {spec.name: trial_picture(spec)}
    fastest: dict[int, float] = {}
    for _ in range(_ROUNDS):
        outputs = []
        for place, one in enumerate((reference, session)):
            start = time.perf_counter()
            outputs.append(one.run(feeds))
            fastest[place] = min(fastest.get(place, float("inf")), time.perf_counter() - start)
    allowed = quantised.parameters.get("trial_tolerance")
    for name, difference in mean_differences(*outputs).items():
        limit = allowed.get(name) if isinstance(allowed, Mapping) else None
        if not isinstance(limit, int | float):
            raise ManifestMismatchError(
                f"the manifest of {quantised.file} has no trial_tolerance of {name!r}. Make it again with "
                "`python -m export quantize`."
            )
        if not difference <= limit:  # NaN fails too
            raise ManifestMismatchError(
                f"{quantised.file} computes something else on this processor: {name!r} is {difference:.3g} off in a "
                f"trial, expected at most {limit:.3g}. Use float32."
            )
    return fastest[0] / max(fastest[1], 1e-9)
