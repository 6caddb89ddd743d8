"""Sessions with chosen settings, and what is made of a failure."""

import numpy as np
import pytest

from benchmarks.gpu.networks import attempted, feeds_of
from benchmarks.gpu.raw_sessions import open_raw, run_plainly
from smile_edge.runtime.manifest import ModelManifest, find_models


def test_a_plain_run_gives_every_output_of_the_shipped_landmarker():
    folder = find_models(None)
    manifest = ModelManifest.load(folder / "landmarks.json")
    session = open_raw(folder / manifest.file, "cpu")
    found = run_plainly(session, feeds_of("landmarks", (96, 96), 2))()
    assert [len(one) for one in found] == [2] * len(manifest.outputs)


def test_a_provider_that_is_not_obtained_is_an_error():
    folder = find_models(None)
    with pytest.raises(Exception, match=r"cuda|CUDA"):
        open_raw(folder / ModelManifest.load(folder / "landmarks.json").file, "cuda")


def test_a_failed_figure_is_a_row_with_its_reason():
    def fails():
        raise RuntimeError("out of memory\nsecond line")

    assert attempted("batch 256", fails) == {"name": "batch 256", "missing": "out of memory"}
    assert attempted("batch 1", lambda: {"value": 1})["name"] == "batch 1"


def test_feeds_hold_values_of_pictures():
    images = feeds_of("detector", (32, 64), 3)["image"]
    assert images.shape == (3, 3, 32, 64)
    assert 0 <= images.min() < 50 < 200 < images.max() <= 255
    assert images.dtype == np.float32
