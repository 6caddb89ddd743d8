"""From a float32 model to one of 8-bit integers: calibrate, quantise, compare, write, describe.

Static quantisation to QuantizeLinear/DequantizeLinear pairs (Jacob et al., 2018): unsigned activations a tensor, signed
weights a channel. Weights use 7 of their 8 bits, so that processors that add products up in 16 bits (x86 without VNNI)
cannot saturate. The first convolutions, whose few channels hold the finest detail (as many as `Check.FLOAT_FIRST`
says), and the last ones, whose rounding nothing after them could average out, stay in float32; so do the dense heads.
Ranges are the least and the largest value on calibration pictures: cut tails cost the detector a hundredth of average
precision.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import onnx

from export.errors import GraphError
from export.graph_view import GraphView
from export.quantization.check import CHECKS, Check, times_as_fast
from export.staging import drafted, published
from smile_edge.runtime.manifest import ModelManifest, sha256_of
from smile_edge.runtime.precision import INT8, mean_differences, trial_picture
from smile_edge.runtime.session import OnnxSession
from smile_edge.types import Array

__all__ = ["integer_nodes", "quantize", "quantized"]


_MAPS = ("Add", "Conv", "Relu", "Resize")
"""Operators that compute in integers, where they work on maps."""
_TRIAL_MARGIN = 3.0
"""How much further than here the model may be off on another processor, in the runtime's trial."""
_TRIAL_FLOOR = 0.01


def quantize(
    models: Path,
    name: str,
    packs: Sequence[Path],
    out: Path,
    *,
    largest_loss: float | None = None,
    tell: Callable[[str], None] = lambda text: None,
) -> ModelManifest:
    """Writes `<out>/<name>-int8.onnx` and `.json`; they appear only when the model is as good as the float32 one.

    Args:
        models: folder with the float32 model.
        name: `landmarks` or `detector`.
        packs: data packs; faces and scenes held out from training are for the comparison, others for calibration.
        out: folder, made where missing.
        largest_loss: see `quantize_check`; None takes the task's.
        tell: told what is being done.

    Raises:
        DataError: the packs hold nothing to calibrate with or to compare on.
        ModelError, ManifestMismatchError: the float32 model is missing or not the one its manifest describes.
        GraphError: nothing in the model can be quantised.
        ParityError: the quantised model is worse than it may be.
        ExportError: the folder cannot be written to.
    """
    reference = ModelManifest.load(models / f"{name}.json")
    source = models / reference.file
    reference.verify(source)
    check = CHECKS[name](reference, packs, largest_loss)
    with drafted(out, f"{name}{INT8}.onnx") as draft:
        tell("calibrating")
        onnx.save(quantized(onnx.load(source), reference.inputs[0].name, check.calibration(), check.FLOAT_FIRST), draft)
        tell("comparing with float32")
        manifest = _described(reference, draft, check, OnnxSession(source, provider="cpu"))
        return published(draft, manifest, out)


def _described(reference: ModelManifest, draft: Path, check: Check, float32: OnnxSession) -> ModelManifest:
    """The manifest of a quantised model, which was compared with the float32 one.

    Raises:
        ParityError: see `quantize`.
    """
    sessions = float32, OnnxSession(draft, provider="cpu")
    metrics, differences = check.compare(*sessions)
    feed = {reference.inputs[0].name: trial_picture(reference.inputs[0])}
    trial = mean_differences(*(session.run(feed) for session in sessions))
    tolerance = {key: _rounded(_TRIAL_MARGIN * value + _TRIAL_FLOOR) for key, value in trial.items()}
    return replace(
        reference,
        name=f"{reference.name}{INT8}",
        file=f"{reference.name}{INT8}.onnx",
        sha256=sha256_of(draft),
        # Sizes and thresholds stay with the float32 model's manifest, which speaks for both.
        parameters={"precision": "int8", "float32_sha256": reference.sha256, "trial_tolerance": tolerance},
        parity={"mean_difference": {key: _rounded(value) for key, value in differences.items()}},
        training={key: value for key, value in reference.training.items() if key == "licence"},
        metrics={**metrics, "times_as_fast": round(times_as_fast(*sessions, feed), 2)},
    )


def quantized(model: onnx.ModelProto, input_name: str, feeds: Sequence[Array], first: int) -> onnx.ModelProto:
    """The model with its maps in integers.

    Args:
        model: in float32.
        input_name: of its only input.
        feeds: calibration batches for it.
        first: convolutions from the picture on that stay in float32.

    Raises:
        GraphError: see `integer_nodes`.
    """
    from onnxruntime import quantization as ort

    class Reader(ort.CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            self.left: Iterator[Array] = iter(feeds)

        def get_next(self) -> dict[str, Array] | None:
            feed = next(self.left, None)
            return None if feed is None else {input_name: feed}

    model = _with_unique_names(model)
    with TemporaryDirectory() as folder, _only_errors_logged():
        path = Path(folder) / "int8.onnx"
        ort.quantize_static(
            model,
            path,
            Reader(),
            quant_format=ort.QuantFormat.QDQ,
            op_types_to_quantize=list(_MAPS),
            nodes_to_quantize=integer_nodes(model, first),
            per_channel=True,
            reduce_range=True,
            activation_type=ort.QuantType.QUInt8,
            weight_type=ort.QuantType.QInt8,
            calibrate_method=ort.CalibrationMethod.MinMax,
        )
        result = onnx.load(path)
    del result.metadata_props[:]
    result.producer_name, result.producer_version = model.producer_name, model.producer_version
    return result


def integer_nodes(model: onnx.ModelProto, first: int) -> list[str]:
    """Names of the nodes that compute in integers: those on maps between the `first` convolutions and the last ones.

    Raises:
        GraphError: there is none.
    """
    view = GraphView(model)
    shapes = view.shapes()
    names = []
    for node in view.nodes:
        if node.op_type not in _MAPS or len(shapes.get(node.output[0], ())) != 4:
            continue
        # A Relu stays with what it follows: one kernel does both.
        maker = view.producer(node.input[0]) if node.op_type == "Relu" else node
        conv = node if maker is None else maker
        early = _convolutions_before(view, conv.output[0]) <= first
        if conv.op_type == "Conv" and (early or not _convolved_again(view, conv.output[0])):
            continue
        names.append(node.name)
    if not names:
        raise GraphError("The model has no convolution between its first and its last ones: nothing to quantise.")
    return names


def _convolutions_before(view: GraphView, tensor: str) -> int:
    """How many convolutions lie on the longest way from the input to here."""
    maker = view.producer(tensor)
    if maker is None:
        return 0
    return (maker.op_type == "Conv") + max(_convolutions_before(view, source) for source in maker.input)


def _convolved_again(view: GraphView, tensor: str) -> bool:
    """Whether a convolution lies on any way from here to an output."""
    readers = view.consumers(tensor)
    return any(reader.op_type == "Conv" or _convolved_again(view, reader.output[0]) for reader in readers)


def _with_unique_names(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy whose nodes can be told apart by name."""
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    for node in copy.graph.node:
        node.name = f"{node.op_type}:{node.output[0]}"
    return copy


@contextmanager
def _only_errors_logged() -> Iterator[None]:
    """The quantiser logs advice for other kinds of models through the root logger."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)


def _rounded(value: float) -> float:
    return float(f"{value:.3g}")
