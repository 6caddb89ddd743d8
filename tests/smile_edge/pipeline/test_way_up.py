"""Doubtful faces that stand on their heads: which are looked at the other way up, and which are believed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from fake_world import face_points

from smile_edge.geometry.face_roi import face_roi
from smile_edge.landmarks.result import LandmarkBatch
from smile_edge.pipeline.way_up import right_way_up
from smile_edge.records import Face
from smile_edge.topology import TOPOLOGY_49, TOPOLOGY_70

IMAGE = np.zeros((200, 400, 3), np.uint8)


def face(degrees: float, score: float, x: float = 100) -> Face:
    points = TOPOLOGY_49.embed(face_points(x=x, degrees=degrees)[None])[0]
    sigma = np.ones(70, np.float32)
    return Face(points, sigma, score, np.array([x - 20, 70, 40, 60], np.float32))


def angle(found: Face) -> float:
    return float(np.degrees(face_roi(TOPOLOGY_70.five_points(found.points))[2]))


@dataclass
class Landmarker:
    """Sees a face wherever it is told to look, as sure as it is told for upright ones and for others."""

    upright: float
    other: float
    moved: float = 0.0
    looks: list[int] = field(default_factory=list)
    topology: Any = TOPOLOGY_49

    def landmarks(self, items: Sequence[Any], passes: int = 1, flip_test: bool = False) -> LandmarkBatch:
        self.looks.append(len(items))
        centres, _, angles = face_roi(np.array([five for _, five in items]))
        degrees = np.degrees(angles)
        points = np.stack(
            [face_points(x=x + self.moved, degrees=d) for (x, _), d in zip(centres, degrees, strict=True)]
        ).astype(np.float32)
        presence = np.where(np.abs(degrees) < 90, self.upright, self.other).astype(np.float32)
        return LandmarkBatch(points, points[..., 0] * 0 + 1, presence, np.zeros((len(items), 4), np.float32))


def test_among_sure_upright_faces_a_doubtful_one_is_upright_where_it_can_be() -> None:
    landmarker = Landmarker(upright=0.2, other=0.9)
    faces = [face(5, 0.9, 200), face(172, 0.6)]

    sure, doubtful = right_way_up(landmarker, IMAGE, faces, False)

    assert sure is faces[0]
    assert angle(doubtful) == pytest.approx(-8, abs=2)
    assert (doubtful.score, doubtful.box.tolist()) == (0.6, faces[1].box.tolist())


@pytest.mark.parametrize("camera", [90, 180, -135])
def test_how_the_camera_was_held_is_read_from_the_sure_faces(camera: float) -> None:
    landmarker = Landmarker(upright=0.9, other=0.9)
    faces = [face(camera, 0.9, 200), face(camera + 180, 0.6), face(camera - 10, 0.7, 300)]

    _, turned, alike = right_way_up(landmarker, IMAGE, faces, False)

    assert np.cos(np.radians(angle(turned) - camera)) > 0.99
    assert alike is faces[2]
    assert landmarker.looks == [1]


@pytest.mark.parametrize(("upright", "turns"), [(0.5, True), (0.4, False)])
def test_alone_it_must_be_half_as_likely_as_it_was_found(upright: float, turns: bool) -> None:
    (found,) = right_way_up(Landmarker(upright=upright, other=0.9), IMAGE, [face(180, 0.6)], False)
    assert (abs(angle(found)) < 90) == turns


def test_what_the_landmarker_does_not_see_upright_stays() -> None:
    faces = [face(0, 0.9, 200), face(180, 0.6)]
    assert right_way_up(Landmarker(upright=0.1, other=0.9), IMAGE, faces, False) == faces


def test_another_face_beside_it_is_not_taken_for_it() -> None:
    faces = [face(0, 0.9, 200), face(180, 0.6)]
    assert right_way_up(Landmarker(upright=0.9, other=0.9, moved=40), IMAGE, faces, False) == faces


@pytest.mark.parametrize("faces", [[], [face(180, 0.9)], [face(20, 0.6)]])
def test_sure_faces_and_upright_ones_cost_nothing(faces: list[Face]) -> None:
    landmarker = Landmarker(upright=0.9, other=0.9)
    assert right_way_up(landmarker, IMAGE, faces, False) == faces
    assert not landmarker.looks


def test_sure_faces_that_disagree_say_nothing() -> None:
    landmarker = Landmarker(upright=0.2, other=0.9)
    faces = [face(0, 0.9, 200), face(180, 0.9, 300), face(180, 0.6)]
    assert right_way_up(landmarker, IMAGE, faces, False) == faces
