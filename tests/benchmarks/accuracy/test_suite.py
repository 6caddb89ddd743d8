"""The accuracy suite measures every kind of pack, and refuses folders that it cannot measure."""

import json

import cv2
import pytest
from labelled_faces import labels, pack

pytest.importorskip("matplotlib", reason="needs matplotlib: pip install '.[train,dev]'")

from benchmarks.accuracy import suite
from benchmarks.accuracy.suite import Plan, measure
from smile_edge.sources.demo import load_portrait
from train.data.formats.kind import PackKind
from train.errors import DataError


@pytest.fixture
def packs(tmp_path):
    """Two packs of one portrait: its pose and smile, and its 49 points."""
    portrait, points = load_portrait()
    for name in ("posed", "dotted"):
        (tmp_path / name).mkdir()
        cv2.imwrite(str(tmp_path / name / "a.png"), portrait)
    (tmp_path / "posed" / "labels.csv").write_text("file,smile,yaw,pitch,roll\na.png,1,0,0,0\n")
    header = ",".join(["file", *(f"{axis}{i}" for i in range(49) for axis in "xy")])
    (tmp_path / "dotted" / "keypoints.csv").write_text(f"{header}\na.png,{','.join(map(str, points.ravel()))}\n")
    return tmp_path


def test_poses_and_dense_points_are_measured_through_the_shipped_models(packs, monkeypatch):
    monkeypatch.setattr(suite, "model_times", lambda pipeline: {})
    monkeypatch.setattr(suite, "jitter_results", lambda models, seconds: [])
    monkeypatch.setattr(suite, "demo_roll", lambda models: {})
    results = measure(Plan(packs))
    posed, dotted = results["angles"]["posed"], results["dense"]["dotted"]
    assert (posed["missed"], dotted["missed"]) == (0, 0)
    assert all(error < 10 for error in posed["orders"]["pitch_yaw_roll"]["raw"].values())
    assert posed["smile"]["accuracy"] == 100
    assert dotted["error"]["all"] < 10
    json.dumps(results, allow_nan=False)


def test_a_bad_label_file_is_one_line(packs):
    with (packs / "posed" / "labels.csv").open("a") as file:
        file.write("b.png,1,0,left,0\n")
    with pytest.raises(DataError, match=r"labels\.csv, row 3, column pitch: expected degrees, found 'left'$"):
        measure(Plan(packs))


def test_a_folder_without_packs_is_an_error(tmp_path):
    with pytest.raises(DataError, match="holds no pack"):
        measure(Plan(tmp_path))


def test_packs_for_training_faces_are_not_measured(tmp_path):
    (tmp_path / "training.txt").touch()
    with pytest.raises(DataError, match="holds no pack"):
        measure(Plan(tmp_path))
    assert PackKind.MTFL not in suite.MEASURED


def test_a_folder_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(DataError, match="--peers names"):
        measure(Plan(pack(tmp_path / "pack", labels(1)), peers=tmp_path / "none"))
