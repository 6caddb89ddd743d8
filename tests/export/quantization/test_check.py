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
from train.errors import DataError


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


@pytest.fixture
def own(models, tmp_path):
    """The check of a landmarker on a CSV of named points: five, and the end of a brow."""
    from fine_tuning_data import LABELLED, write_csv

    manifest = replace(ModelManifest.load(models / "landmarks.json"), topology=TOPOLOGY_49.name)
    return LandmarksCheck(manifest, [write_csv(tmp_path / "own", 30, (*LABELLED, "right_brow_0"))])


def answers(labels, off_px):
    """What a landmarker says that puts every labelled point on its label, but the brow off it."""
    points = np.broadcast_to(labels[:, 49:50, :2], (len(labels), 49, 2)).copy()
    for eye, outline in ((49, range(19, 25)), (50, range(25, 31))):
        points[:, outline] = labels[:, eye : eye + 1, :2]
    for place in (0, 13, 31, 37):
        points[:, place] = labels[:, place, :2]
    points[:, 0, 0] += off_px
    count = len(labels)
    return {"points": points.astype(np.float32), "sigma": np.ones((count, 49), np.float32),
            "face": np.ones(count, np.float32), "box": np.ones((count, 4), np.float32)}  # fmt: skip


def test_a_csv_of_named_points_calibrates_and_is_held_out_as_in_fine_tuning(own):
    assert len(own.training) + len(own.held_out) == 30
    assert 2 <= len(own.held_out) <= 12  # a fifth, by the hash of their names
    assert len(own.backgrounds[0]) == len(own.backgrounds[1]) > 0  # out of the same pictures
    assert {batch.shape[1:] for batch in own.calibration()} == {(3, 96, 96)}


def test_a_model_is_held_to_the_points_that_a_csv_labels(own):
    labels = check_module._labelled_crops(own.held_out, own.crop)[1]
    said = [answers(labels, off) for off in (1.0, 1.0, 1.2)]
    own.backgrounds[1] = own.backgrounds[1][:0]
    scores = own.compare(*(iter_rows(one) for one in said[:2]))[0]["compared"]
    assert scores["labelled"] == scores["labelled_float32"] > 0
    assert scores["faces"] == len(labels)
    with pytest.raises(ParityError, match=r"of the labelled points is 20.* % larger than float32's, at most 2 %"):
        own.compare(*(iter_rows(one) for one in (said[0], said[2])))


def test_a_csv_says_nothing_of_a_detector(models, tmp_path):
    from fine_tuning_data import write_csv

    csv = write_csv(tmp_path / "own", 2)
    with pytest.raises(DataError, match=r"my\.csv holds points of faces, which say nothing of a detector"):
        DetectorCheck(ModelManifest.load(models / "detector.json"), [csv])
