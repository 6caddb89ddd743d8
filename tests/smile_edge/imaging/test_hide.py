"""Hidden heads: nothing but a few cells is left of them, and nothing else changes."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from fake_world import detection, face_of, face_points

from smile_edge.errors import UsageError
from smile_edge.geometry.heads import Head, reaches
from smile_edge.imaging.hide import CELLS, HIDE_MODES, heads_of, hide_faces, hide_heads
from smile_edge.sources.base import mirrored
from smile_edge.sources.demo import DemoSource
from smile_edge.types import Image


def noise(height: int = 480, width: int = 640) -> Image:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)


def inner(image: Image, head: Head, share: float = 0.9) -> Image:
    """The pixels `(n, 3)` of the inner part of a head."""
    mask = np.zeros(image.shape[:2], np.uint8)
    axes = (round(share * head.half_width), round(share * head.half_height))
    cv2.ellipse(mask, (round(head.x), round(head.y)), axes, np.degrees(head.angle), 0, 360, 1, cv2.FILLED)
    return image[mask > 0]


@pytest.mark.parametrize("mode", HIDE_MODES)
@pytest.mark.parametrize("degrees", [0, 50, 90, 180])
@pytest.mark.parametrize("size", [3, 10, 60])
def test_a_head_is_hidden_and_nothing_beyond_it_changes(mode, degrees: float, size: float) -> None:
    image, face = noise(), face_of(face_points(320, 240, size, degrees))
    (head,) = heads_of([face])
    hidden = hide_faces(image, [face], mode)
    changed = (hidden != image).any(-1)
    rows, columns = np.nonzero(changed)
    across, along = reaches(head)
    assert inner(changed[..., None], head, 0.8).mean() > 0.97  # a mean may be the pixel's own value
    assert np.abs(columns - head.x).max() <= across + 1
    assert np.abs(rows - head.y).max() <= along + 1
    assert (image == noise()).all()


@pytest.mark.parametrize("mode", ["blur", "pixelate"])
@pytest.mark.parametrize("size", [20, 60, 200])
def test_what_is_left_goes_with_the_head_and_is_a_few_cells(mode, size: float) -> None:
    image, face = noise(1200, 1200), face_of(face_points(600, 600, size))
    (head,) = heads_of([face])
    hidden = hide_faces(image, [face], mode)
    left, top = round(head.x - head.half_width), round(head.y - head.half_height)
    width, height = round(2 * head.half_width), round(2 * head.half_height)
    cells = cv2.resize(hidden[top : top + height, left : left + width], (CELLS, CELLS), interpolation=cv2.INTER_AREA)
    assert inner(hidden, head).std() < 0.3 * inner(image, head).std() + cells.std()
    if mode == "pixelate":
        assert len(np.unique(inner(hidden, head), axis=0)) <= CELLS * CELLS


def test_a_filled_head_tells_no_colour() -> None:
    dark, bright = np.full((200, 200, 3), 20, np.uint8), np.full((200, 200, 3), 220, np.uint8)
    face = face_of(face_points(100, 100, 30))
    (head,) = heads_of([face])
    assert np.array_equal(*(inner(hide_faces(image, [face], "fill"), head) for image in (dark, bright)))


def test_a_mirrored_face_is_hidden_like_the_one_that_it_mirrors() -> None:
    frame = next(iter(DemoSource(1)))
    face = face_of(face_points(200, 150, 40, 25))
    points = face.points.copy()
    points[:, 0] = frame.image.shape[1] - 1 - points[:, 0]
    box = face.box.copy()
    box[0] = frame.image.shape[1] - 1 - box[0] - box[2]
    # As in a record of a mirrored frame: the subject's sides, so that points keep their numbers.
    (head,), (flipped,) = heads_of([face]), heads_of([replace(face, points=points, box=box, mirrored=True)])
    assert flipped.angle == pytest.approx(-head.angle, abs=1e-3)
    assert flipped.x == pytest.approx(mirrored(frame).image.shape[1] - 1 - head.x, abs=0.01)


def test_detections_are_hidden_too() -> None:
    found = detection(face_points(100, 100, 30))
    assert (hide_faces(noise(200, 200), [found]) != noise(200, 200)).any()


@pytest.mark.parametrize("x", [-500, -20, 0, 639, 660, 5000])
@pytest.mark.parametrize("mode", HIDE_MODES)
def test_heads_at_and_beyond_the_edge_do_no_harm(x: float, mode) -> None:
    hidden = hide_heads(noise(), [Head(x, 240, 50, 70, 0.3), Head(320, 240, 1e5, 1e5, 0.0)], mode)
    assert hidden.shape == (480, 640, 3)


def test_another_mode_is_told() -> None:
    with pytest.raises(UsageError, match="blur, pixelate or fill"):
        hide_faces(noise(), [], "blurr")  # type: ignore[arg-type]
