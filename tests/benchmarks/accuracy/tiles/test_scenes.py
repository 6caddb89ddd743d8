"""Pictures with pasted faces: where the faces are, and how large."""

import numpy as np
import pytest

from benchmarks.accuracy.tiles.scenes import SPACING, clutter, paste_face, portrait, scene
from smile_edge.geometry.face_roi import FACE_BOX, average_box, face_roi


@pytest.mark.parametrize("face_px", [16, 24, 100])
@pytest.mark.parametrize("turn", [0.0, 1.0, -3.0])
def test_a_pasted_face_has_its_size_its_turn_and_its_place(face_px: float, turn: float) -> None:
    image = np.zeros((400, 400, 3), np.uint8)

    five = paste_face(image, portrait(), np.array([210.0, 190.0]), turn, face_px)

    centre, size, angle = face_roi(five)
    np.testing.assert_allclose(centre, [210, 190], atol=1)
    assert 2 * FACE_BOX.half_height * float(size) == pytest.approx(face_px, rel=0.03)
    assert float(angle) == pytest.approx(turn, abs=0.01)
    painted = np.argwhere(image.any(-1))
    assert np.abs(painted[:, ::-1] - centre).max() < 0.8 * face_px
    assert image[190, 210].any()


def test_faces_lie_whole_in_the_picture_and_apart() -> None:
    made = scene(clutter(900, 500, np.random.default_rng(0)), [portrait()], 1000, 24, np.random.default_rng(1))

    assert len(made.five) == (900 // (24 * SPACING)) * (500 // (24 * SPACING))  # all that there is room for
    boxes = average_box(made.five)
    assert (boxes[:, :2] > 0).all()
    assert (boxes[:, :2] + boxes[:, 2:] < [900, 500]).all()
    middles = boxes[:, :2] + boxes[:, 2:] / 2
    apart = np.linalg.norm(middles[:, None] - middles, axis=-1) + 1e6 * np.eye(len(middles))
    assert apart.min() > 24


def test_upright_faces_are_upright() -> None:
    made = scene(
        clutter(500, 300, np.random.default_rng(0)), [portrait()], 5, 24, np.random.default_rng(1), turned=False
    )

    assert np.abs(face_roi(made.five)[2]).max() < 0.05


@pytest.mark.parametrize("size", [(700, 200), (31, 900), (2000, 16)])
def test_clutter_fills_pictures_of_any_shape_and_is_the_same_again(size: tuple[int, int]) -> None:
    first, again = (clutter(*size, np.random.default_rng(4)) for _ in range(2))

    assert first.shape == (size[1], size[0], 3)
    assert first.std() > 5
    np.testing.assert_array_equal(first, again)
