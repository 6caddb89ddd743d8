"""The models' points of labelled faces: which face is the labelled one, and what is kept."""

from types import SimpleNamespace

import numpy as np
import pytest

from smile_edge.topology import TOPOLOGY_49
from train.errors import DataError
from train.measures.predictions import nearest_face, predict
from train.synthesis.cartoon_faces import TEMPLATE, write_packs


def found(x: float, y: float, size: float = 20.0) -> SimpleNamespace:
    """A face of the template at a place."""
    points = TOPOLOGY_49.embed((size * TEMPLATE + [x, y])[None])[0]
    return SimpleNamespace(points=points, sigma=np.ones(70, np.float32))


def five_at(x: float, y: float) -> np.ndarray:
    return TOPOLOGY_49.five_points(20 * TEMPLATE + [x, y])


def test_the_labelled_face_is_the_nearest_one():
    faces = [found(20, 20), found(80, 82)]
    assert nearest_face(faces, five_at(80, 80)) is faces[1]


def test_a_face_far_from_the_labels_is_another():
    assert nearest_face([found(20, 20)], five_at(80, 80)) is None
    assert nearest_face([], five_at(80, 80)) is None


class Models:
    """Finds a face in the middle of every image but the first."""

    identity = ("made",)

    def __init__(self) -> None:
        self.images = 0
        self.pipeline = SimpleNamespace(process_batch=self._process)

    def _process(self, images):
        self.images += len(images)
        sizes = np.arange(16, 48, 2)
        results = []
        for index, image in enumerate(images):
            middle = image.shape[1] / 2, image.shape[0] / 2
            faces = [found(*middle, size) for size in sizes]
            results.append(SimpleNamespace(faces=faces if index else []))
        return results


@pytest.fixture
def packs(tmp_path):
    return write_packs(tmp_path, 6)


def test_faces_that_are_not_found_are_left_out_and_the_rest_keep_their_labels(packs):
    faces = predict(packs, Models(), None)
    assert set(faces.packs) == {"mtfl", "dense"}
    assert not {"images/000.png"} & set(faces.names)
    assert faces.points.shape == (len(faces), 49, 2)
    assert np.isfinite(faces.of("dense").labels).all()
    assert len(faces.dense()) == len(faces.of("dense"))
    labelled = np.isfinite(faces.of("mtfl").labels).all(2)
    assert np.flatnonzero(labelled[0]).tolist() == [13, 31, 37]  # eye centres are no points


def test_a_second_run_reads_what_the_first_one_kept(packs, tmp_path):
    models = Models()
    first = predict(packs, models, tmp_path / "cache")
    seen = models.images
    second = predict(packs, models, tmp_path / "cache")
    assert models.images == seen
    np.testing.assert_array_equal(first.points, second.points)


def test_models_that_find_nothing_are_one_line(packs):
    nobody = SimpleNamespace(
        identity=(), pipeline=SimpleNamespace(process_batch=lambda images: [SimpleNamespace(faces=[]) for _ in images])
    )
    with pytest.raises(DataError, match="none of the labelled faces"):
        predict(packs, nobody, None)
