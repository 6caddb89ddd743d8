"""A world without models: faces that are known, a detector and a landmarker that look them up."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from smile_edge.geometry.face_roi import average_box, face_distances
from smile_edge.imaging.crops import Item
from smile_edge.landmarks.result import LandmarkBatch
from smile_edge.measures.expression import LEARNT
from smile_edge.pipeline.models import Models
from smile_edge.records import Detection, Face, Frame
from smile_edge.topology import TOPOLOGY_49
from smile_edge.types import FloatArray

_EYE = [[-1, 0], [-0.4, -0.35], [0.4, -0.35], [1, 0], [0.4, 0.35], [-0.4, 0.35]]
_LIP = [[np.cos(a), np.sin(a)] for a in np.radians(np.arange(180, 540, 30))]


def face_points(x: float = 100.0, y: float = 100.0, size: float = 40.0, degrees: float = 0.0) -> FloatArray:
    """A made-up face `(49, 2)` px: `size` between the eyes and from eyes to mouth, turned clockwise by `degrees`."""
    part = np.concatenate
    points = part([
        np.linspace([-0.8, -0.85], [-0.2, -0.85], 5),
        np.linspace([0.2, -0.85], [0.8, -0.85], 5),
        np.linspace([0, -0.5], [0, 0.1], 4),
        np.linspace([-0.2, 0.2], [0.2, 0.2], 5),
        np.array(_EYE) * 0.2 + [-0.5, -0.5],
        np.array(_EYE) * 0.2 + [0.5, -0.5],
        np.array(_LIP) * [0.4, 0.15] + [0, 0.5],
        np.array([[-0.2, 0.45], [0, 0.45], [0.2, 0.45], [0.2, 0.55], [0, 0.55], [-0.2, 0.55]]),
    ])  # fmt: skip
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return ((points * size) @ turn.T + [x, y]).astype(np.float32)


def face_of(
    inner: FloatArray, sigma_px: float = 1.0, score: float = 0.9, box: FloatArray | None = None, id: int = 0
) -> Face:
    """A face of which only the 49 inner points `(49, 2)` are known."""
    sigma = np.full((1, len(inner)), sigma_px, np.float32)
    box = average_box(TOPOLOGY_49.five_points(inner)) if box is None else box
    return Face(TOPOLOGY_49.embed(inner[None])[0], TOPOLOGY_49.embed(sigma)[0], score, box, id)


def detection(points: FloatArray, score: float = 0.9) -> Detection:
    """What a detector that errs a little would say of a face."""
    five = TOPOLOGY_49.five_points(points) + np.float32(1.5)
    return Detection(average_box(five), score, five)


class World:
    """Detector and landmarker over faces that are set, or given for each frame by `at(index)`.

    A frame tells its index by its first pixel. `hidden` faces are seen by neither; `undetected` ones by the landmarker
    only.
    """

    topology = TOPOLOGY_49
    gives: frozenset[str] = frozenset({"points", "sigma", "face", "box"})

    def __init__(self, at: Callable[[int], Sequence[FloatArray]]) -> None:
        self.at = at
        self.hidden: Callable[[int], bool] = lambda index: False
        self.undetected: Callable[[int], bool] = lambda index: False
        self.detector_calls = self.thorough_looks = self.looked_again = 0
        self.second_score = 0.9
        """What the detector says when it is asked again."""
        self.threshold = self.stream_threshold = 0.4
        self.candidate_threshold = 0.2
        self.native_px = 30.0
        self.batches: list[tuple[int, int]] = []

    def models(self) -> Models:
        return Models(self, self)

    def frame(self, index: int, fps: float = 30.0) -> Frame:
        image = np.zeros((240, 320, 3), np.uint8)
        image[0, 0] = index // 256, index % 256, 0
        return Frame(image, index, index / fps, "world")

    def _index(self, image: npt.NDArray[np.uint8]) -> int:
        return int(image[0, 0, 0]) * 256 + int(image[0, 0, 1])

    def detect(self, image: npt.NDArray[np.uint8]) -> list[Detection]:
        self.detector_calls += 1
        index = self._index(image)
        if self.hidden(index) or self.undetected(index):
            return []
        return [detection(points, 0.9 - 0.1 * rank) for rank, points in enumerate(self.at(index))]

    def detect_batch(
        self, images: Sequence[npt.NDArray[np.uint8]], *, threshold: float | None = None, thorough: bool = False
    ) -> list[list[Detection]]:
        self.thorough_looks += thorough
        return [self.detect(image) for image in images]

    def rescore(self, items: Sequence[Item]) -> tuple[FloatArray, FloatArray]:
        self.looked_again += len(items)
        return np.full(len(items), self.second_score, np.float32), np.full((len(items), 4), np.nan, np.float32)

    def landmarks(self, items: Sequence[Item], passes: int = 1, flip_test: bool = False) -> LandmarkBatch:
        self.batches.append((len(items), passes))
        found = [self._look(image, five) for image, five in items]
        points = np.array([one for one, _ in found], np.float32).reshape(-1, 49, 2)
        probability = np.array([p for _, p in found], np.float32)
        boxes = average_box(TOPOLOGY_49.five_points(points))
        return LandmarkBatch(points, np.ones(points.shape[:2], np.float32), probability, boxes)

    def _look(self, image: npt.NDArray[np.uint8], five: FloatArray) -> tuple[FloatArray, float]:
        index = self._index(image)
        for points in [] if self.hidden(index) else self.at(index):
            if face_distances(five[None], TOPOLOGY_49.five_points(points)[None])[0, 0] < 0.6:
                return points, 0.95
        centre = five.mean(0)
        return face_points(*centre), 0.05


class ExpressiveWorld(World):
    """The same with a landmarker that says what is covered and how faces look: the mouth is covered, the jaw open."""

    gives = World.gives | {"visible", "expression"}

    def landmarks(self, items: Sequence[Item], passes: int = 1, flip_test: bool = False) -> LandmarkBatch:
        batch = super().landmarks(items, passes, flip_test)
        visible = np.full((len(batch), TOPOLOGY_49.count), 0.9, np.float32)
        visible[:, [i for name in ("outer_lip", "inner_lip") for i in TOPOLOGY_49.groups[name]]] = 0.1
        expression = np.zeros((len(batch), len(LEARNT)), np.float32)
        expression[:, LEARNT.index("jawOpen")], expression[:, LEARNT.index("eyeBlinkLeft")] = 0.75, 0.25
        return replace(batch, visible=visible, expression=expression)
