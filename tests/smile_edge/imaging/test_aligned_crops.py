"""Faces cut out upright: `Face.crop`."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from smile_edge.errors import ImageError, UsageError
from smile_edge.geometry.affine import apply_affine
from smile_edge.geometry.alignment import ARCFACE, OWN_SCALE, OWN_SHIFT
from smile_edge.imaging.aligned_crops import LARGEST_CROP_PX, TEMPLATES, alignment
from smile_edge.pipeline.models import Models
from smile_edge.records import Face
from smile_edge.sources.demo import load_portrait
from smile_edge.topology import TOPOLOGY_49
from smile_edge.types import Image


def _portrait() -> tuple[Image, Face]:
    image, points = load_portrait()
    known = TOPOLOGY_49.embed(points[None])[0]
    return image, Face(known, np.ones(70, np.float32), 0.9, np.array([0, 0, 9, 9], np.float32))


def _moved(image: Image, face: Face, matrix: np.ndarray, size: tuple[int, int]) -> tuple[Image, Face]:
    moved = cv2.warpAffine(image, matrix, size, flags=cv2.INTER_AREA)
    return np.asarray(moved, np.uint8), replace(face, points=apply_affine(matrix, face.points))


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("size", [1, 2, 56, 112, 300])
def test_a_crop_is_a_picture_of_the_size_that_was_asked_for(template: str, size: int) -> None:
    image, face = _portrait()

    crop = face.crop(image, size, template)

    assert crop.shape == (size, size, 3)
    assert crop.dtype == np.uint8
    assert crop.flags.c_contiguous


@pytest.mark.parametrize("degrees", [0, 30, 90, 180, 275])
@pytest.mark.parametrize("template", TEMPLATES)
def test_however_a_face_is_turned_its_crop_is_the_same(template: str, degrees: float) -> None:
    image, face = _portrait()
    turn = cv2.getRotationMatrix2D((139.5, 139.5), degrees, 1.0)
    turn[:, 2] += 200
    turned, there = _moved(image, face, turn, (700, 700))

    crop, upright = there.crop(turned, 64, template), face.crop(image, 64, template)

    middle = slice(16, 48)
    apart = np.abs(crop[middle, middle].astype(int) - upright[middle, middle])
    assert apart.mean() < 3


def test_the_portrait_lands_on_the_template_of_arcface() -> None:
    _, face = _portrait()

    landed = apply_affine(alignment(face), face.five_points())

    assert np.linalg.norm(landed - ARCFACE, axis=1).mean() < 6  # no face is the average one


def test_colours_keep_their_order() -> None:
    _, face = _portrait()
    blue = np.zeros((280, 280, 3), np.uint8)
    blue[..., 0] = 200

    assert face.crop(blue, 8, "smile-edge")[4, 4].tolist() == [200, 0, 0]


def test_what_lies_outside_of_the_picture_is_black() -> None:
    _, face = _portrait()
    white = np.full((280, 280, 3), 255, np.uint8)
    at_edge = replace(face, points=face.points - [face.points[19:60, 0].min(), 0])

    crop = at_edge.crop(white, 64, "ffhq")

    assert not crop[:, 0].any()
    assert crop[32, 40].min() == 255


def test_much_larger_faces_are_averaged_not_sampled() -> None:
    _, face = _portrait()
    large = replace(face, points=face.points * 8)
    stripes = np.zeros((2240, 2240, 3), np.uint8)
    stripes[:, ::2] = 255

    crop = large.crop(stripes, 32, "smile-edge")

    assert np.abs(crop.astype(int) - 127).max() <= 8


def test_a_face_of_a_mirrored_frame_is_cut_as_the_mirror_shows_it() -> None:
    image, face = _portrait()
    mirror = np.ascontiguousarray(image[:, ::-1])
    reflected = face.points.copy()
    reflected[:, 0] = image.shape[1] - 1 - reflected[:, 0]
    mirrored = replace(face, points=reflected, mirrored=True)

    crop, plain = mirrored.crop(mirror, 64, "ffhq"), face.crop(image, 64, "ffhq")

    assert np.abs(crop[:, ::-1].astype(int) - plain).mean() < 2


def test_the_picture_and_the_face_stay_as_they_are() -> None:
    image, face = _portrait()
    before, points = image.copy(), face.points.copy()

    face.crop(image)

    np.testing.assert_array_equal(image, before)
    np.testing.assert_array_equal(face.points, points)


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((9, 9), np.uint8),
        np.zeros((9, 9, 1), np.uint8),
        np.zeros((9, 9, 4), np.uint8),
        np.zeros((9, 9, 3), np.float32),
        np.zeros((9, 9, 3), np.uint16),
        np.zeros((0, 9, 3), np.uint8),
        None,
        "picture.jpg",
    ],
)
def test_what_is_no_picture_is_refused_in_one_line(image: object) -> None:
    _, face = _portrait()
    with pytest.raises(ImageError, match="image") as caught:
        face.crop(image)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("size", [0, -3, 1.5, True, "112", None, LARGEST_CROP_PX + 1, float("nan")])
def test_a_size_that_cannot_be_is_refused(size: object) -> None:
    image, face = _portrait()
    with pytest.raises(UsageError, match="size"):
        face.crop(image, size)  # type: ignore[arg-type]


@pytest.mark.parametrize("template", ["", "ARCFACE", "dlib", None, 3, ["ffhq"]])
def test_a_template_that_there_is_not_is_refused_and_the_others_are_named(template: object) -> None:
    image, face = _portrait()
    with pytest.raises(UsageError, match="template must be arcface, ffhq, smile-edge"):
        face.crop(image, template=template)  # type: ignore[arg-type]


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("points", [np.nan, 7.0, np.inf])
def test_a_face_without_points_is_refused(template: str, points: float) -> None:
    image, face = _portrait()
    with pytest.raises(UsageError, match="no points"):
        replace(face, points=np.full((70, 2), points, np.float32)).crop(image, template=template)


def test_our_own_template_is_that_of_the_model_that_ships() -> None:
    landmarker = Models.load(provider="cpu").landmarker

    assert (landmarker.crop_scale, landmarker.crop_shift) == (OWN_SCALE, OWN_SHIFT)  # type: ignore[attr-defined]


def test_records_load_no_opencv_until_a_face_is_cut() -> None:
    code = "import sys, smile_edge.records.face; sys.exit('cv2' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[3], check=False).returncode == 0
