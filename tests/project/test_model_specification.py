"""The runtime of docs/model-specification.md does what smile-edge does."""

import json
import re

import cv2
import numpy as np
import pytest
from repository import ROOT

from smile_edge import FacePipeline
from smile_edge.pipeline.models import Models
from smile_edge.records import Frame
from smile_edge.runtime.manifest import find_models
from smile_edge.sources.demo import load_portrait

PAGE = ROOT / "docs" / "model-specification.md"


@pytest.fixture(scope="module")
def described():
    """The names of the page's program."""
    [code] = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    names = {"__name__": "page"}
    exec(compile(code, str(PAGE), "exec"), names)
    return names


@pytest.fixture(scope="module")
def pipeline():
    return FacePipeline(Models.load(provider="cpu", precision="float32"), smooth=False)


def turned(angle, scale=1.0):
    """The portrait turned about its middle, in a frame of 640 x 480."""
    portrait = load_portrait()[0]
    height, width = portrait.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -angle, scale * 400 / max(height, width))
    matrix[:, 2] += [320 - width / 2, 240 - height / 2]
    return cv2.warpAffine(portrait, matrix, (640, 480))


@pytest.mark.parametrize(
    "image", [turned(0), turned(75), turned(180), turned(250, 0.4)], ids=["up", "75", "180", "small"]
)
def test_the_described_runtime_finds_the_same_points(described, pipeline, image):
    pipeline.reset()
    [wanted] = pipeline.process(Frame(image)).faces
    [found] = described["faces"](image, find_models(None))
    points = pipeline.topology.pick(wanted.points)
    size = float(described["region"](described["five_points"](points))[1])
    assert np.linalg.norm(found["points"] - points, axis=1).max() < 0.01 * size
    assert found["sigma"] == pytest.approx(
        pipeline.topology.pick(wanted.sigma[:, None])[:, 0], rel=0.1, abs=0.02 * size
    )


def test_large_faces_are_averaged_before_they_are_cut(described, pipeline):
    image = cv2.resize(turned(20), None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)
    pipeline.reset()
    [wanted] = pipeline.process(Frame(image)).faces
    [found] = described["faces"](image, find_models(None))
    points = pipeline.topology.pick(wanted.points)
    size = float(described["region"](described["five_points"](points))[1])
    assert np.linalg.norm(found["points"] - points, axis=1).max() < 0.01 * size


def test_an_empty_picture_has_no_face(described):
    assert list(described["faces"](np.zeros((90, 120, 3), np.uint8), find_models(None))) == []


@pytest.mark.parametrize("name", ["detector", "landmarks"])
def test_the_page_names_every_input_and_output(name):
    text, manifest = PAGE.read_text("utf-8"), json.loads((find_models(None) / f"{name}.json").read_text())
    for spec in [*manifest["inputs"], *manifest["outputs"]]:
        assert f"`{re.sub(r'[0-9]+$', '', spec['name'])}" in text, spec["name"]
