"""The one-graph pipeline: a frame in, the landmarks of its best faces out.

The steps are those of `detection.detector` and `landmarks.landmarker`, written for tensors of fixed size: the best
cells are decoded, overlapping boxes go by as many rounds of suppression as a greedy search needs (Cluster-NMS, Zheng et
al., 2021), and the first faces are looked at twice. Nothing depends on how many faces there are, so that a CUDA graph
can hold it all once the frame's size is known.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import onnx
from onnx import TensorProto, helper

from export.fusion.graph_builder import Nodes, Tensor, concat
from export.fusion.pyramid_atlas import Atlas
from smile_edge.detection.decoding import ANGLE_BINS, CHANNELS, LARGEST_LOG_SIZE, LEAST_ALIKE, VOTING_IOU, VOTING_SCORE
from smile_edge.measures.expression import LEARNT
from smile_edge.topology import FIVE_POINTS, TOPOLOGY_49, Topology

__all__ = ["CANDIDATES", "OUTPUTS", "SHARE_OUTPUTS", "FusedSettings", "fused_graph"]

OUTPUTS: Mapping[str, tuple[int | str, ...]] = {
    "points": ("k", "p", 2),
    "sigma": ("k", "p"),
    "face": ("k",),
    "box": ("k", 4),
    "score": ("k",),
    "detected_points": ("k", 5, 2),
    "detected_box": ("k", 4),
}
"""Names and shapes of what the graph gives; `k` is the number of faces it looks at, `p` that of points."""

SHARE_OUTPUTS: Mapping[str, tuple[int | str, ...]] = {"visible": ("k", "p"), "expression": ("k", len(LEARNT))}
"""The same of what it gives where the landmark model does."""

CANDIDATES = 256
"""Cells that compete for the faces."""

ROUNDS = 8
"""Rounds of suppression: exact for chains of this many boxes that each suppress the next."""

_NEVER = -100.0
"""A logit whose probability is zero."""

# Linear maps from points to [centre of the face, from eye to eye, from the eyes to the mouth]: `geometry.face_roi`.
_FRAME_OF_FIVE = np.array(
    [[0.25, 0.25, 0, 0.25, 0.25], [-1, 1, 0, 0, 0], [-0.5, -0.5, 0, 0.5, 0.5]],
    np.float32,
)


@dataclass(frozen=True, slots=True)
class FusedSettings:
    """Numbers of both models' manifests, and how many faces."""

    strides: tuple[int, ...]
    long_side: int
    """Longest side of the shrunk frame, px."""
    nms_iou: float
    crop_px: int
    crop_scale: float
    faces: int
    crop_shift: float = 0.0
    topology: Topology = TOPOLOGY_49
    """Of the landmark model's points."""
    shares: tuple[str, ...] = ()
    """Those of `SHARE_OUTPUTS` that the landmark model gives."""

    @property
    def outputs(self) -> dict[str, tuple[int, ...]]:
        """Names and shapes of what the graph gives."""
        every = {**OUTPUTS, **{name: SHARE_OUTPUTS[name] for name in self.shares}}
        sizes = {"k": self.faces, "p": self.topology.count}
        return {
            name: tuple(sizes[size] if isinstance(size, str) else size for size in shape)
            for name, shape in every.items()
        }


def fused_graph(detector: onnx.ModelProto, landmarks: onnx.ModelProto, settings: FusedSettings) -> onnx.ModelProto:
    """One model from two.

    Args:
        detector: takes `image`, gives `level<stride>` for each stride.
        landmarks: takes `crops`, gives `points`, `sigma`, `face`, `box` and the shares of the settings.
        settings: see there.

    Returns:
        A model from `frame (h, w, 3)` uint8 BGR to `settings.outputs`, places in pixels of the frame, best detection
        first. Rows beyond the last face hold what the next best cells lead to, with a low `score`, 0 where there was
        none.
    """
    nodes = Nodes()
    atlas = Atlas.of(Tensor(nodes, "frame", np.uint8))
    picture, back = _letterbox(atlas, settings)
    maps = nodes.embed(detector, {"image": picture}, "detector", "detector")
    cells = _best_cells(nodes, [(stride, maps[f"level{stride}"]) for stride in settings.strides])
    logits, boxes, five = _decoded(*cells)
    kept, chosen = _survivors(logits, boxes, settings).top(settings.faces)
    five, boxes = _voted(logits.op("Sigmoid"), boxes, five, chosen, settings.faces)
    found = {
        "score": kept.op("Sigmoid"),
        "detected_points": (five + 0.5) * back - 0.5,
        "detected_box": concat([(boxes.cut(0, 2, 1) + 0.5) * back - 0.5, boxes.cut(2, 4, 1) * back], 1),
    }
    first = _landmarks(landmarks, atlas, _FRAME_OF_FIVE @ found["detected_points"], settings, "first")
    found |= _landmarks(landmarks, atlas, _frame_of(settings.topology) @ first["points"], settings, "second")
    return _model(nodes, found, settings, detector, landmarks)


def _frame_of(topology: Topology) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """`(3, n)`: from a topology's points to the centre of the face and its two axes."""
    return np.asarray(_FRAME_OF_FIVE @ topology.readout_matrix(FIVE_POINTS), np.float32)


def _letterbox(atlas: Atlas, settings: FusedSettings) -> tuple[Tensor, Tensor]:
    """The detector's picture `(1, 3, H, W)` and the frame's pixels per pixel of it."""
    size = atlas.sizes.take(np.array(0)).cast(np.float64)  # (2,) w, h
    long_side = size.nodes.constant(np.array(settings.long_side, np.float64))
    scale = (long_side / size.op("ReduceMax", keepdims=0)).op("Min", 1.0)
    small = (size * scale).op("Round").op("Max", 1.0).cast(np.int64)
    step = max(settings.strides)
    padded = (small + (step - 1)) / step * step
    return atlas.letterbox(small, padded), scale.op("Reciprocal").cast(np.float32)


def _best_cells(nodes: Nodes, maps: Sequence[tuple[int, Tensor]]) -> tuple[Tensor, Tensor, Tensor]:
    """The cells with the best logits, best first: `(n, 27)` values, `(n, 2)` centres px, `(n, 1)` strides px."""
    never = np.zeros((CHANNELS, CANDIDATES), np.float32)  # a small frame has fewer cells than are asked for
    never[0] = _NEVER
    values = [nodes.constant(never)]
    places = [nodes.constant(np.zeros((CANDIDATES, 3), np.float32))]
    for stride, level in maps:
        values.append(level.reshape(CHANNELS, -1))
        shape = level.op("Shape", dtype=np.int64)
        along = [(shape.take(np.array(axis)).range().cast(np.float32) + 0.5) * float(stride) - 0.5 for axis in (3, 2)]
        x, y = along[0].reshape(1, -1, 1), along[1].reshape(-1, 1, 1)
        cells = concat([x + y * 0.0, x * 0.0 + y, (x + y) * 0.0 + float(stride)], 2)  # (h, w, 3)
        places.append(cells.reshape(-1, 3))
    every = concat(values, 1)  # (27, m)
    _, best = every.take(np.array(0)).top(CANDIDATES)
    place = concat(places, 0).take(best)
    return every.take(best, 1).transpose(1, 0), place.cut(0, 2, 1), place.cut(2, 3, 1)


def _decoded(values: Tensor, centres: Tensor, strides: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """`decoding.decode_cells`: logits `(n, 1)`, boxes `(n, 4)` and points `(n, 5, 2)` px of the detector's picture."""
    centre = centres + values.cut(1, 3, 1) * strides
    size = values.cut(3, 5, 1).op("Min", LARGEST_LOG_SIZE).op("Exp") * strides
    turn = _turns(values.cut(15, CHANNELS, 1))
    reach = (size.cut(0, 1, 1) * size.cut(1, 2, 1)).op("Sqrt").reshape(-1, 1, 1)
    points = (values.cut(5, 15, 1).reshape(-1, 5, 2) * reach) @ turn + centre.reshape(-1, 1, 2)
    return values.cut(0, 1, 1), concat([centre - size * 0.5, size], 1), points


def _turns(logits: Tensor) -> Tensor:
    """Rotations `(n, 2, 2)` for row vectors by the angle of the best bin and its two neighbours, `decoding.bin_angles`.

    Sine and cosine come straight from the weighted sum of the bins' directions: no angle, no arctangent.
    """
    circle = np.arange(ANGLE_BINS, dtype=np.float32) * np.float32(2 * np.pi / ANGLE_BINS)
    near = sum(np.roll(np.eye(ANGLE_BINS, dtype=np.float32), shift, 1) for shift in (-1, 0, 1))
    top = logits.op("ReduceMax", axes=[1], keepdims=1)
    best = (logits.op("Equal", top, dtype=np.bool_)).cast(np.float32)  # (n, 12) one-hot
    weights = (best @ np.asarray(near)) * (logits - top).op("Exp")
    across = weights @ np.stack([np.cos(circle), np.sin(circle)], 1)  # (n, 2)
    return _rotation(across)


def _rotation(across: Tensor) -> Tensor:
    """`(n, 2, 2)` for row vectors, turning the x axis to the direction `(n, 2)`."""
    length = (across * across).sum(1).op("Sqrt").op("Max", 1e-12)
    across = across / length
    quarter = np.array([[0, 1], [-1, 0]], np.float32)
    return concat([across.reshape(-1, 1, 2), (across @ quarter).reshape(-1, 1, 2)], 1)


def _survivors(logits: Tensor, boxes: Tensor, settings: FusedSettings) -> Tensor:
    """The logits `(n,)`, where a better box overlaps too much those of `_NEVER`."""
    shared, union = _overlap(boxes, boxes, CANDIDATES)
    over = (shared > union * settings.nms_iou).cast(np.float32)
    over = over.op("Trilu", np.array(-1, np.int64), upper=0)  # row i, column j: j is better than i and overlaps it
    kept = logits * 0.0 + 1.0
    for _ in range(ROUNDS):
        kept = ((over @ kept) < 0.5).cast(np.float32)
    return (logits * kept + (kept * -1.0 + 1.0) * _NEVER).reshape(-1)


def _overlap(boxes: Tensor, others: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Areas that `count` boxes and the `CANDIDATES` others share and cover, `(count, CANDIDATES)` each."""
    corners, areas = [], []
    for one, shape in ((boxes, (-1, 1, 2)), (others, (1, -1, 2))):
        low, size = one.cut(0, 2, 1), one.cut(2, 4, 1)
        corners.append((low.reshape(*shape), (low + size).reshape(*shape)))
        areas.append(size.cut(0, 1, 1) * size.cut(1, 2, 1))  # (n, 1)
    (low, high), (low_other, high_other) = corners
    shared = (high.op("Min", high_other) - low.op("Max", low_other)).op("Max", 0.0)
    shared = (shared.cut(0, 1, 2) * shared.cut(1, 2, 2)).reshape(count, CANDIDATES)
    return shared, areas[0] + areas[1].transpose(1, 0) - shared


def _voted(scores: Tensor, boxes: Tensor, five: Tensor, chosen: Tensor, faces: int) -> tuple[Tensor, Tensor]:
    """Points `(k, 5, 2)` and boxes `(k, 4)` of the chosen cells, as those that agree see them: `decoding.suppress`."""
    shared, union = _overlap(boxes.take(chosen), boxes, faces)
    agreement = (shared / union.op("Max", 1e-9) - VOTING_IOU).op("Max", 0.0)
    best = scores.take(chosen)  # (k, 1)
    weight = agreement * (scores.transpose(1, 0) - best * VOTING_SCORE).op("Max", 0.0)
    ways = _right(_FRAME_OF_FIVE @ five)
    ways = ways / (ways * ways).sum(1).op("Sqrt").op("Max", 1e-12)
    alike = weight * ((weight @ ways @ ways.transpose(1, 0)).op("Max", 0.0) + LEAST_ALIKE)
    # A row without any face has no voters.
    weight, alike = (one / one.sum(1).op("Max", 1e-12) for one in (weight, alike))
    return (alike @ five.reshape(-1, 10)).reshape(-1, 5, 2), weight @ boxes


def _right(frames: Tensor) -> Tensor:
    """Where a face's right lies, `(k, 2)`: the eye line and the axis from eyes to mouth, turned back by a quarter.

    Args:
        frames: `(k, 3, 2)` px: centre of the face, from eye to eye, from the eyes to the mouth.
    """
    across, down = (frames.cut(row, row + 1, 1).reshape(-1, 2) for row in (1, 2))
    return across + down @ np.array([[0, -1], [1, 0]], np.float32)


def _landmarks(
    model: onnx.ModelProto, atlas: Atlas, frames: Tensor, settings: FusedSettings, place: str
) -> dict[str, Tensor]:
    """One look at each face.

    Args:
        model: the landmark network.
        atlas: the frame.
        frames: `(k, 3, 2)` px: centre of the face, from eye to eye, from the eyes to the mouth.
        settings: of the crop.
        place: see `Nodes.embed`.

    Returns:
        `points`, `sigma`, `face` and `box` in pixels of the frame, and the shares that the model gives.
    """
    nodes = frames.nodes
    centre, across, down = (frames.cut(row, row + 1, 1).reshape(-1, 2) for row in range(3))
    lengths = [(one * one).sum(1) for one in (across, down)]
    size = lengths[0].op("Max", lengths[1]).op("Sqrt").op("Max", 1.0)  # (k, 1)
    scale = size * (settings.crop_scale / settings.crop_px)  # (k, 1) frame px per crop px
    linear = _rotation(_right(frames)) * scale.reshape(-1, 1, 1)
    if settings.crop_shift:
        below = np.array([[[0, settings.crop_shift * settings.crop_px / settings.crop_scale]]], np.float32)
        centre = centre + (nodes.constant(below) @ linear).reshape(-1, 2)  # of the crop, no longer of the face
    matrices = concat([linear, centre.reshape(-1, 1, 2)], 1)  # (k, 3, 2)
    crops = atlas.crops(matrices, scale, settings.crop_px)
    outputs = nodes.embed(model, {"crops": crops}, "landmarks", place)
    middle = (settings.crop_px - 1) / 2
    box = outputs["box"]
    half = box.cut(2, 4, 1) * 0.5
    box_centre = (box.cut(0, 2, 1) + half - middle).reshape(-1, 1, 2)
    extent = ((half * half).reshape(-1, 1, 2) @ (linear * linear)).op("Sqrt").reshape(-1, 2)
    box_centre = (box_centre @ linear).reshape(-1, 2) + centre
    return {
        "points": (outputs["points"] - middle) @ linear + centre.reshape(-1, 1, 2),
        "sigma": outputs["sigma"] * scale,
        "face": outputs["face"],
        "box": concat([box_centre - extent, extent * 2.0], 1),
        **{name: outputs[name] for name in settings.shares},
    }


def _model(
    nodes: Nodes,
    found: Mapping[str, Tensor],
    settings: FusedSettings,
    detector: onnx.ModelProto,
    landmarks: onnx.ModelProto,
) -> onnx.ModelProto:
    """The finished model, its outputs under their own names and of fixed shape."""
    outputs = []
    for name, shape in settings.outputs.items():
        nodes.nodes.append(helper.make_node("Identity", [found[name].name], [name], name=name))
        outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
    frame = helper.make_tensor_value_info("frame", TensorProto.UINT8, ["h", "w", 3])
    graph = helper.make_graph(nodes.nodes, "fused", [frame], outputs, list(nodes.constants.values()))
    opset = max(item.version for model in (detector, landmarks) for item in model.opset_import if not item.domain)
    return helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", opset)],
        ir_version=max(detector.ir_version, landmarks.ir_version),
        producer_name="smile-edge",
    )
