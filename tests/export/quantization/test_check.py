"""What a quantised model is refused for."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from fake_world import face_points
from stand_ins import picture

from export.errors import ParityError
from export.quantization import check as check_module
from export.quantization.check import DetectorCheck, LandmarksCheck, times_as_fast
from smile_edge.runtime.manifest import ModelManifest
from smile_edge.runtime.session import OnnxSession
from smile_edge.testing import FakeSession
from smile_edge.topology import TOPOLOGY_49, TOPOLOGY_70


def test_lost_average_precision_is_what_a_detector_is_refused_for(models, pack, monkeypatch):
    scores = iter([0.9, 0.9, 0.9, 0.894])
    monkeypatch.setattr(
        "train.evaluation.metrics.score_detections",
        lambda *args: [type("Score", (), {"average_precision": next(scores)})],
    )
    sessions = [OnnxSession(models / "detector.onnx", provider="cpu")] * 2
    check = DetectorCheck(ModelManifest.load(models / "detector.json"), [pack])
    with pytest.raises(ParityError, match=r"faces of 40 px and more\) is 0.60 hundredths below float32's, at most 0.5"):
        check.compare(*sessions)


def test_times_are_of_the_fastest_runs_in_turns():
    class Slow:
        def __init__(self, calls):
            self.calls = calls

        def run(self, feed):
            import time

            self.calls.append(self)
            time.sleep(0.002 if self is slow else 0.0005)

    calls = []
    slow, fast = Slow(calls), Slow(calls)
    assert 1.5 < times_as_fast(slow, fast, {}) < 5
    assert calls[:4] == [slow, fast, slow, fast]


@pytest.fixture
def faces(tmp_path):
    """A pack whose 68 points people placed, by its name."""
    folder = tmp_path / "w300"
    folder.mkdir()
    header = ",".join(["file", *(f"{axis}{i}" for i in range(68) for axis in "xy")])
    whole = np.nan_to_num(TOPOLOGY_49.embed(face_points(80, 60, 30)[None])[0][:68], nan=90)
    rows = []
    for index in range(40):
        cv2.imwrite(str(folder / f"{index}.png"), picture(120, 160, index))
        rows.append(f"{index}.png," + ",".join(f"{value:.3f}" for value in whole.ravel()))
    (folder / "keypoints.csv").write_text("\n".join([header, *rows]) + "\n")
    return folder


@pytest.mark.parametrize("topology", [TOPOLOGY_49, TOPOLOGY_70])
@pytest.mark.parametrize(("name", "moved_px", "message"), [
    ("points", 0.0, None),
    ("points", 0.29, "of the inner points is .* larger than float32's"),
    ("visible", 0.03, "'visible' differs from float32's by 0.03"),
    ("expression", 0.03, "'expression' differs from float32's by 0.03"),
])  # fmt: skip
def test_a_landmarker_is_refused_for_what_it_says_of_any_point(models, faces, topology, name, moved_px, message):
    manifest = replace(ModelManifest.load(models / "landmarks.json"), topology=topology.name)
    check = LandmarksCheck(manifest, [faces])
    crops, _, inner = check_module._crops(check.held_out, check.crop)
    points = topology.indices
    labels = dict(zip(TOPOLOGY_49.indices, range(49), strict=True))
    wanted = np.stack([inner[:, labels[i]] if i in labels else np.full((len(crops), 2), 30) for i in points], 1) + 0.4
    before = {
        "points": wanted.astype(np.float32),
        "sigma": np.ones((len(crops), topology.count), np.float32),
        "face": np.ones(len(crops), np.float32),
        "box": np.ones((len(crops), 4), np.float32),
        "visible": np.full((len(crops), topology.count), 0.5, np.float32),
        "expression": np.full((len(crops), 51), 0.5, np.float32),
    }
    after = before | {name: before[name] + np.float32(moved_px)}
    if name == "points":  # of the brows alone: the five points say nothing of them
        brows = [*topology.groups["right_brow"], *topology.groups["left_brow"]]
        after["points"] = before["points"].copy()
        after["points"][:, brows] += np.float32(moved_px)
    each = [iter_rows(outputs) for outputs in (before, after)]
    if message is None:
        scores = check.compare(*each)[0]["compared"]
        assert scores["inner"] == scores["inner_float32"] > 0
        return
    with pytest.raises(ParityError, match=message):
        check.compare(*each)


def iter_rows(outputs):
    """A session that gives the next rows of `outputs` for as many crops as it is shown."""
    place = 0

    def said(feeds):
        nonlocal place
        start, place = place, place + len(next(iter(feeds.values())))
        return {key: value[start:place] for key, value in outputs.items()}

    return FakeSession(said)
