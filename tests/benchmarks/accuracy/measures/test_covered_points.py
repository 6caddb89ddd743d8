"""Does visibility tell what is covered: masks that are flagged, and what is pasted."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from fake_world import ExpressiveWorld, World, face_points

from benchmarks.accuracy.measures.covered_points import UNDER_A_MASK, masked_results, pasted_results
from smile_edge import FacePipeline
from smile_edge.geometry.face_roi import average_box
from smile_edge.topology import TOPOLOGY_49, TOPOLOGY_70
from train.augmentation.occluders import Occluders
from train.data.samples import FaceSample, SceneSample

FACE = face_points(150, 150, 40)


class SeeingWorld(World):
    """All 70 points of one face; `sees` says of each look at a picture how visible they are."""

    topology = TOPOLOGY_70
    gives = World.gives | {"visible"}

    def __init__(self, sees):
        super().__init__(lambda index: [FACE])
        self.sees = sees

    def landmarks(self, items, passes=1, flip_test=False):
        batch = super().landmarks(items, passes, flip_test)
        points, sigma = (np.nan_to_num(TOPOLOGY_49.embed(one), nan=150) for one in (batch.points, batch.sigma))
        visible = np.array([self.sees(image) for image, _ in items], np.float32).reshape(-1, 70)
        return replace(batch, points=points, sigma=sigma, visible=visible)


def pictures(folder, count):
    """Empty pictures but for their number, which a `World` reads."""
    paths = []
    for index in range(count):
        image = np.zeros((300, 300, 3), np.uint8)
        image[0, 0] = 0, index, 0
        paths.append(folder / f"{index}.png")
        cv2.imwrite(str(paths[-1]), image)
    return paths


def scenes(folder, flags):
    box = average_box(TOPOLOGY_49.five_points(FACE))[None]
    return [
        SceneSample(path, box, path.name, "masks", ignore=np.zeros(1, bool), occlusion=np.array([flag]))
        for path, flag in zip(pictures(folder, len(flags)), flags, strict=True)
    ]


def test_masked_faces_that_are_said_to_be_covered_are_told_from_bare_ones(tmp_path):
    def sees(image):
        visible = np.full(70, 0.9)
        visible[list(UNDER_A_MASK)] = 0.2 if image[0, 0, 1] % 2 else 0.9
        return visible

    result = masked_results(FacePipeline(SeeingWorld(sees).models()), scenes(tmp_path, [0, 2, 0, 2, 1]))
    assert result == {"bare": 2, "masked": 2, "auc": 1.0, "mean": {"bare": 0.9, "masked": 0.2}}


def test_small_faces_and_unflagged_scenes_do_not_count(tmp_path):
    pipeline = FacePipeline(SeeingWorld(lambda image: np.full(70, 0.9)).models())
    few = scenes(tmp_path, [0, 2])
    assert masked_results(pipeline, [few[0], replace(few[1], occlusion=None)]) is None
    assert masked_results(pipeline, [replace(one, boxes=one.boxes * 0.2) for one in few]) is None


@pytest.mark.parametrize("world", [World, ExpressiveWorld])
def test_a_model_that_does_not_say_it_of_mouth_and_nose_has_no_figure(tmp_path, world):
    pipeline = FacePipeline(world(lambda index: [FACE]).models())  # neither gives the corners of the inner lip
    assert masked_results(pipeline, scenes(tmp_path, [0, 2])) is None


def test_points_under_what_is_pasted_are_told_from_the_others(tmp_path):
    points = np.nan_to_num(TOPOLOGY_49.embed(FACE[None])[0], nan=150)

    def sees(image):
        column, row = np.rint(points).astype(int).T
        return np.where(image[row, column].any(1), 0.1, 0.9)  # what is not black was pasted

    pipeline = FacePipeline(SeeingWorld(sees).models())
    samples = [
        FaceSample(path, np.zeros((51, 3)), path.name, "afw", whole=points[:68]) for path in pictures(tmp_path, 6)
    ]
    faces = [pipeline.process(cv2.imread(str(sample.image))).faces[0] for sample in samples]
    occluders = Occluders([], [np.full((64, 64, 3), 200, np.uint8)], {"cloth": 1.0})

    result = pasted_results(pipeline, samples, faces, occluders)

    assert result["faces"] == 6
    assert result["points"] > 6
    assert result["auc"] > 0.95
    assert pasted_results(pipeline, samples, faces, occluders) == result  # the same each time
    assert pasted_results(pipeline, samples, [None] * 6, occluders) is None
