"""Networks of `train compare` to ONNX: points only. Needs TensorFlow."""

import json

import cv2
import numpy as np
import pytest

pytestmark = pytest.mark.training
keras = pytest.importorskip("keras")
pytest.importorskip("tensorflow")
onnxruntime = pytest.importorskip("onnxruntime")

from compared_networks import GREY, SPECS, build  # noqa: E402
from small_networks import saved, shaken  # noqa: E402
from typer.testing import CliRunner  # noqa: E402

from export.__main__ import app  # noqa: E402
from export.conversion.run import export_model  # noqa: E402
from export.errors import ParityError, WeightsError  # noqa: E402
from export.tasks import POINTS  # noqa: E402
from smile_edge.errors import UsageError  # noqa: E402
from smile_edge.runtime.manifest import ModelManifest  # noqa: E402

NAMES = ["left_eye_center", "right_eye_center", "nose_tip", "mouth_center_bottom_lip"]


def run_folder(folder, spec="smile", names=NAMES):
    """A run of `train compare`: weights, and the configuration that names the points."""
    weights = saved(shaken(build(spec)), folder)
    (folder / "config.json").write_text(json.dumps({"minutes": 1.0, "asked": {"names": names}}))
    return weights


# Random weights leave a relu head dead: nothing would be compared.
@pytest.mark.parametrize("spec", [spec.replace("head=relu", "head=linear") for spec in SPECS])
def test_every_network_gives_in_onnx_what_it_gives_in_keras(spec, tmp_path):
    weights = run_folder(tmp_path / "run", spec)
    done = CliRunner().invoke(app, ["--weights", str(weights), "--task", POINTS, "--out", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output

    wanted = keras.saving.load_model(weights, compile=False).predict(GREY, verbose=0)
    session = onnxruntime.InferenceSession(tmp_path / "out" / "points.onnx", providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {"image": GREY.transpose(0, 3, 1, 2)})
    assert np.ptp(wanted) > 1
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-3)
    manifest = ModelManifest.load(tmp_path / "out" / "points.json")
    manifest.verify(tmp_path / "out" / "points.onnx")
    assert manifest.parameters["names"] == NAMES
    assert "Apache" not in manifest.licence
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"points.json", "points.keras", "points.onnx"}


def test_the_file_runs_as_the_documents_say(tmp_path, monkeypatch):
    import re

    from repository import ROOT

    export_model(run_folder(tmp_path / "run"), POINTS, tmp_path / "my-points")
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "compare.md").read_text("utf-8"), re.DOTALL)
    (code,) = (block for block in blocks if "points.onnx" in block)
    monkeypatch.chdir(tmp_path)
    cv2.imwrite("face.png", np.full((200, 200, 3), 90, np.uint8))
    space = {}
    exec(code, space)
    assert list(space["points"]) == NAMES
    assert all(0 <= value <= 200 for point in space["points"].values() for value in point)


@pytest.mark.parametrize("names", [None, NAMES[:3], "four"])
def test_a_run_that_does_not_name_the_points_is_one_line(names, tmp_path):
    with pytest.raises(WeightsError, match=r"config\.json does not name the 4 points"):
        export_model(run_folder(tmp_path, names=names), POINTS, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_another_network_is_one_line(tmp_path):
    image = keras.Input((96, 96, 3))
    two = keras.Model(image, {name: keras.layers.Flatten()(image) for name in ("points", "sigma")})
    with pytest.raises(WeightsError, match="does not map one image to points"):
        export_model(saved(two, tmp_path), POINTS, tmp_path / "out")


def test_a_network_of_points_is_no_landmarker(tmp_path):
    with pytest.raises(WeightsError, match="Name the right --task"):
        export_model(run_folder(tmp_path), "landmarks", tmp_path / "out")


def test_a_parameter_of_the_runtime_is_refused(tmp_path):
    with pytest.raises(UsageError, match="has the parameters"):
        export_model(run_folder(tmp_path), POINTS, tmp_path / "out", parameters={"crop_px": 3})


def test_a_difference_to_keras_leaves_no_file(tmp_path):
    with pytest.raises(ParityError):
        export_model(run_folder(tmp_path), POINTS, tmp_path / "out", tolerance=0.0)
    assert not list((tmp_path / "out").iterdir())
