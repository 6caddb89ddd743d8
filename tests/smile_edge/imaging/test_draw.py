"""The overlay: colours where they belong, at any size and place."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from fake_world import face_of

from smile_edge.geometry.affine import apply_affine
from smile_edge.geometry.boxes import box_from_points_xywh
from smile_edge.imaging.draw import COLOURS_BGR, draw_faces, draw_status
from smile_edge.records import Face
from smile_edge.sources.demo import load_portrait
from smile_edge.topology import TOPOLOGY_49, TOPOLOGY_70

_, POINTS = load_portrait()


def face_at(scale: float, x: float, y: float, turn: float = 0.0) -> Face:
    """The reference face, scaled, turned (radians) and centred at x, y px."""
    linear = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    matrix = np.column_stack([linear, np.array([x, y]) - linear @ POINTS.mean(0)])
    points = apply_affine(matrix, POINTS)
    return face_of(points, box=box_from_points_xywh(points, 0.2), id=3)


def grey(height: int = 480, width: int = 640) -> npt.NDArray[np.uint8]:
    return np.full((height, width, 3), 128, np.uint8)


def changed(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    return (image != 128).any(-1)


def test_the_input_is_left_alone_and_the_copy_is_drawn_on() -> None:
    image = grey()
    annotated = draw_faces(image, [face_at(2, 320, 240)])
    assert (image == 128).all()
    assert changed(annotated).any()
    assert (annotated.shape, annotated.dtype) == (image.shape, np.uint8)


@pytest.mark.parametrize("scale", [1.0, 3.0, 8.0])
@pytest.mark.parametrize("turn", [0.0, 2.0])
def test_every_point_has_the_colour_of_its_part(scale: float, turn: float) -> None:
    image = grey(1000, 1000)
    face = face_at(scale, 500, 500, turn)
    annotated = draw_faces(image, [face], ("points",), ids=False)
    for part, indices in TOPOLOGY_49.groups.items():
        for x, y in np.rint(face.inner_points()[list(indices)]).astype(int):
            difference = np.abs(annotated[y, x].astype(int) - COLOURS_BGR[part]).max()
            assert difference < 90, (part, x, y)


def test_the_subjects_right_eye_is_blue_and_the_left_red() -> None:
    blue, red = COLOURS_BGR["right_eye"], COLOURS_BGR["left_eye"]
    assert blue[0] > 200 > 100 > blue[2]
    assert red[2] > 200 > 100 > red[0]


def test_only_the_surroundings_of_the_face_change() -> None:
    rows, columns = np.nonzero(changed(draw_faces(grey(), [face_at(2, 320, 240)])))
    assert rows.min() > 100
    assert rows.max() < 380
    assert columns.min() > 180
    assert columns.max() < 460


def test_lines_grow_with_the_face() -> None:
    areas = [
        changed(draw_faces(grey(1600, 1600), [face_at(scale, 800, 800)], ("points",), ids=False)).sum()
        for scale in (1, 8)
    ]
    assert areas[1] > 15 * areas[0]


def test_parts_can_be_left_out() -> None:
    face = face_at(3, 320, 240)
    everything = changed(draw_faces(grey(), [face])).sum()
    for draw in (("points",), ("box",), ()):
        assert changed(draw_faces(grey(), [face], draw)).sum() < everything
    assert changed(draw_faces(grey(), [face], ids=False)).sum() < everything
    assert not changed(draw_faces(grey(), [face], ())).any()


@pytest.mark.parametrize("turn", [0.0, 1.0, 3.0])
def test_the_green_axis_points_to_the_top_of_the_head_and_the_red_one_to_its_left(turn: float) -> None:
    face = face_at(4, 320, 240, turn)
    annotated = draw_faces(grey(), [face], ("axes",)).astype(int)
    blue, green, red = np.moveaxis(annotated, -1, 0)
    origin = np.array(face.nose)
    brows = face.inner_points()[:10].mean(0) - origin
    left = np.array(face.left_eye) - np.array(face.right_eye)
    for strong, weak, way in ((green, red, brows), (red, green, left)):
        rows, columns = np.nonzero((strong - weak > 60) & (strong - blue > 20))
        seen = np.array([columns.mean(), rows.mean()]) - origin
        assert seen @ way / (np.linalg.norm(seen) * np.linalg.norm(way)) > 0.9


@pytest.mark.parametrize(("scale", "x", "y"), [(2, 0, 0), (2, 640, 480), (2, -900, 90), (30, 320, 240), (0.02, 9, 9)])
def test_faces_beyond_the_picture_huge_or_tiny_do_no_harm(scale: float, x: float, y: float) -> None:
    assert draw_faces(grey(), [face_at(scale, x, y)]).shape == (480, 640, 3)


def test_points_that_are_no_numbers_are_not_drawn() -> None:
    face = face_at(2, 320, 240)
    broken = replace(face, points=np.full((70, 2), np.nan, np.float32))
    assert not changed(draw_faces(grey(), [broken])).any()


def test_no_faces_is_a_plain_copy_even_of_a_view() -> None:
    image = grey()[:, ::-1]
    assert np.array_equal(draw_faces(image, []), image)


def test_the_status_line_is_readable_in_its_corner() -> None:
    annotated = draw_status(grey(), "demo  30.0 fps")
    rows, columns = np.nonzero(changed(annotated))
    assert rows.min() == columns.min() == 0
    assert rows.max() < 60
    assert columns.max() < 400
    assert annotated.max() > 220


def test_irises_that_the_model_gives_are_drawn() -> None:
    face = face_at(4, 320, 240)
    points = face.points.copy()
    points[[68, 69]] = [face.right_eye, face.left_eye]
    annotated = draw_faces(grey(), [replace(face, points=points)], ("points",), ids=False)
    for group, (x, y) in (("right_iris", points[68]), ("left_iris", points[69])):
        assert np.abs(annotated[round(float(y)), round(float(x))].astype(int) - COLOURS_BGR[group]).max() < 90


def test_closed_lips_have_no_dots_above_and_below_their_line() -> None:
    face = face_at(8, 320, 240)
    apart = np.array([0, 5])
    middle = (face.points[[61, 62, 63]] + face.points[[67, 66, 65]]) / 2
    points = face.points.copy()
    points[[61, 62, 63]], points[[67, 66, 65]] = middle - apart, middle + apart
    annotated = draw_faces(grey(), [replace(face, points=points)], ("points",), ids=False)
    (x, y) = np.rint(middle[1]).astype(int)
    assert changed(annotated)[y, x]
    assert not changed(annotated)[y + 6, x]


def test_a_small_face_is_drawn_thin() -> None:
    share = {
        scale: changed(draw_faces(grey(), [face_at(scale, 320, 240)], ("points",), ids=False)).sum() / scale**2
        for scale in (0.3, 1.0)
    }
    assert share[0.3] < 0.8 * share[1.0]


@pytest.mark.parametrize("scale", [1.0, 6.0])
def test_points_that_are_covered_are_faint_and_the_others_as_ever(scale: float) -> None:
    face = face_at(scale, 500, 500)
    visible = np.full(70, 0.9, np.float32)
    lips = [i for group in ("outer_lip", "inner_lip") for i in TOPOLOGY_70.groups[group]]
    visible[lips] = 0.4
    whole = draw_faces(grey(1000, 1000), [face], ("points",), ids=False).astype(int)
    faint = draw_faces(grey(1000, 1000), [replace(face, visible=visible)], ("points",), ids=False).astype(int)

    def strength(image: npt.NDArray[np.int_], group: str) -> float:
        places = np.rint(face.inner_points()[list(TOPOLOGY_49.groups[group])]).astype(int)
        return float(np.abs(image[places[:, 1], places[:, 0]] - 128).max(1).mean())

    assert 0.1 < strength(faint, "outer_lip") / strength(whole, "outer_lip") < 0.5
    for group in ("left_eye", "right_brow"):
        assert strength(faint, group) == pytest.approx(strength(whole, group), rel=0.1)


def test_of_a_curve_that_is_covered_in_part_the_rest_is_drawn() -> None:
    face = face_at(6.0, 500, 500)
    visible = np.full(70, 0.9, np.float32)
    visible[[17, 18]] = 0.1  # outer end of the right brow
    before = draw_faces(grey(1000, 1000), [face], ("points",), ids=False).astype(int)
    after = draw_faces(grey(1000, 1000), [replace(face, visible=visible)], ("points",), ids=False).astype(int)

    def middle(first: int) -> tuple[int, int]:
        x, y = np.rint(face.points[[first, first + 1]].mean(0)).astype(int)
        return y, x

    assert np.abs(after[middle(17)] - 128).max() < 0.5 * np.abs(before[middle(17)] - 128).max()
    np.testing.assert_allclose(after[middle(20)], before[middle(20)], atol=12)
