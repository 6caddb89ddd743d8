"""Fine-tuning on a user's own labels: what is labelled moves, what is not stays. Needs TensorFlow."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from functools import partial
from importlib.resources import files
from itertools import count

import cv2
import numpy as np
import pytest
from repository import ROOT

from smile_edge.runtime.manifest import find_models
from smile_edge.topology import TOPOLOGY_49
from train.data.formats.points_csv import POINT_NAMES
from train.data.samples import READOUT
from train.synthesis.cartoon_faces import cartoon_scene

pytestmark = pytest.mark.training
keras = pytest.importorskip("keras", reason="needs the train extra")

PAGE = ROOT / "docs" / "fine-tuning.md"
LABELLED = ("right_eye", "left_eye", "nose", "mouth_right", "mouth_left")


def write_csv(folder, count, names=LABELLED, shift=(0.0, 0.0)):
    """A CSV of generated faces, one an image; the labels of `names`, moved by `shift` px."""
    rng = np.random.default_rng(0)
    folder.mkdir(parents=True, exist_ok=True)
    lines = [",".join(["image", *(f"{name}_{axis}" for name in names for axis in "xy")])]
    for index in range(count):
        image, points = cartoon_scene(rng)
        cv2.imwrite(str(folder / f"{index}.png"), image)
        labels = READOUT @ points + np.array(shift)
        lines.append(",".join([f"{index}.png", *(f"{v:.2f}" for n in names for v in labels[POINT_NAMES[n]])]))
    (folder / "my.csv").write_text("\n".join(lines) + "\n")
    return folder / "my.csv"


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    """A folder with `landmarks.keras`: the shipped weights, else those of an untrained network."""
    if (find_models() / "landmarks.keras").is_file():
        return find_models()
    from train.networks import build_landmarker

    keras.utils.set_random_seed(0)
    folder = tmp_path_factory.mktemp("start")
    build_landmarker().save(folder / "landmarks.keras")
    return folder


@pytest.fixture
def batch():
    """Teacher's points and sigma, labels of the right eye's centre and of the nose only."""
    rng = np.random.default_rng(1)
    teacher = rng.uniform(20, 70, (2, 49, 2)).astype(np.float32)
    targets = np.zeros((2, 51, 3), np.float32)
    targets[:, 49] = 30, 40, 1
    targets[:, 13] = 50, 50, 1
    return teacher, targets


def run_in_process(arguments):
    from train.__main__ import app

    app(arguments, standalone_mode=False)


def test_the_divergence_of_laplace_distributions_is_zero_only_at_the_same_place_and_scale():
    from train.finetuning.lwf_trainer import laplace_divergence

    points, sigma = np.zeros((1, 3, 2), np.float32), np.ones((1, 3), np.float32)
    other = np.array([[[0, 0], [2, 0], [0, 0]]], np.float32)
    cost = np.asarray(laplace_divergence(points, sigma, other, np.array([[1, 1, 3]], np.float32)))[0]
    assert cost[0] == pytest.approx(0, abs=1e-6)
    assert cost[1] == pytest.approx(np.exp(-2) + 2 - 1, rel=1e-5)
    assert cost[2] == pytest.approx(2 * (np.log(3) + 1 / 3 - 1), rel=1e-5)


def test_the_divergence_of_probabilities_is_zero_only_where_they_agree():
    from train.finetuning.lwf_trainer import bernoulli_divergence

    cost = np.asarray(bernoulli_divergence(np.array([-9.0, 0.0, 4.0]), np.array([-9.0, 1.0, -4.0])))
    assert cost[0] == pytest.approx(0, abs=1e-6)
    assert cost[1] == pytest.approx(-0.5 * np.log(4 * 0.7310586 * (1 - 0.7310586)), rel=1e-4)
    assert cost[2] == pytest.approx(4 * np.tanh(2), rel=1e-4)


def test_points_without_a_label_are_held_to_the_teacher_and_an_eye_goes_with_its_centre(batch):
    from train.finetuning.lwf_trainer import _OF_EYES, held_points

    teacher, targets = batch
    points, free = (np.asarray(v) for v in held_points(teacher, targets, _OF_EYES.astype(np.float32), READOUT))
    eye = list(TOPOLOGY_49.groups["right_eye"])
    assert np.flatnonzero(free[0] == 0).tolist() == [13]
    np.testing.assert_allclose(points[:, eye].mean(1), [[30, 40]] * 2, atol=1e-4)
    np.testing.assert_allclose(np.diff(points[:, eye], axis=1), np.diff(teacher[:, eye], axis=1), atol=1e-4)
    others = [i for i in range(49) if i not in eye]
    np.testing.assert_array_equal(points[:, others], teacher[:, others])


def test_a_fresh_copy_of_the_teacher_is_at_rest_where_nothing_is_labelled(start):
    from train.finetuning.lwf_trainer import LwfTrainer, freeze_statistics
    from train.networks import build_landmarker
    from train.networks.serialization import start_from

    network = build_landmarker()
    teacher = start_from(network, start / "landmarks.keras")
    freeze_statistics(network)
    trainer = LwfTrainer(network, teacher, keep=1.0, teach_face=False)
    trainer.compile(optimizer=keras.optimizers.SGD(1.0))
    crops = np.random.default_rng(0).integers(0, 256, (4, 96, 96, 3)).astype(np.float32)
    labels = {
        "targets": np.zeros((4, 51, 3)),
        "taught": np.zeros((4, 49, 3)),
        "face": np.ones(4),
        "box": np.ones((4, 4)),
        "boxed": np.zeros(4),
    }
    before = network.get_weights()
    logs = trainer.train_on_batch(crops, {k: v.astype(np.float32) for k, v in labels.items()}, return_dict=True)
    assert float(logs["loss"]) == pytest.approx(0, abs=1e-4)
    for old, new in zip(before, network.get_weights(), strict=True):
        np.testing.assert_allclose(new, old, atol=1e-3)


@pytest.mark.parametrize("keep", [0.0, 10.0])
def test_labelled_points_move_and_the_others_only_without_a_hold(keep, start, tmp_path, monkeypatch):
    from train.engine.loop import FitConfig, fit
    from train.finetuning.run import finetune_landmarks

    if start != find_models():
        pytest.skip("needs models/landmarks.keras: an untrained network knows nothing to keep")
    data = write_csv(tmp_path / "data", 24, shift=(6, 0))
    config = FitConfig(tmp_path / "run", minutes=3, epoch_steps=45, learning_rate=1e-3)
    monkeypatch.setattr(
        "train.finetuning.run.fit", partial(fit, now=count(step=1).__next__)
    )  # 180 steps on any machine
    scores = finetune_landmarks([data], config, start / "landmarks.keras", batch=8, keep=keep)
    assert scores["error"] < scores["error_before"]
    assert (scores["moved"] < 2.5) == (keep > 0)
    saved = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert saved["moved"] == scores["moved"]


def test_sigma_is_calibrated_for_labelled_points_alone(start, tmp_path):
    from train.data.crop_cache import stored_crops
    from train.data.formats.points_csv import read_points_csv
    from train.landmarks.run import labelled_points
    from train.landmarks.sigma_calibration import calibrate_sigma
    from train.networks.serialization import load_network

    crops, targets = stored_crops(read_points_csv(write_csv(tmp_path / "data", 4)), tmp_path)
    network, before = (load_network(start / "landmarks.keras") for _ in range(2))
    taught = labelled_points(targets)
    factor = calibrate_sigma(network, crops, targets, taught)
    image = np.zeros((1, 96, 96, 3), np.float32)
    ratio = (network.predict(image, verbose=0)["sigma"] / before.predict(image, verbose=0)["sigma"])[0]
    assert factor != pytest.approx(1, abs=0.05)
    np.testing.assert_allclose(ratio, np.where(taught, factor, 1), rtol=1e-3)
    eyes_nose_and_corners = [*TOPOLOGY_49.groups["right_eye"], *TOPOLOGY_49.groups["left_eye"], 13, 31, 37]
    assert np.flatnonzero(taught).tolist() == sorted(eyes_nose_and_corners)


def test_a_fifth_of_few_faces_and_forty_of_many_are_held_out():
    from train.finetuning.run import held_out_share

    assert held_out_share(50) == held_out_share(200) == 0.2
    assert held_out_share(400) == 0.1
    assert held_out_share(100_000) == 0.04


@pytest.mark.parametrize(("folders", "share"), [(0, 0.2), (1, 0.4), (6, 0.5)])
def test_half_of_a_batch_is_labelled_faces_however_many_folders_are_mined(folders, share, monkeypatch):
    from train.finetuning import run as finetune

    made = []
    monkeypatch.setattr(finetune, "_surroundings", lambda samples: None)
    monkeypatch.setattr(finetune, "FaceBatches", lambda *arrays, mined, mined_share: made.append(mined_share))
    arrays = np.zeros((2, 4, 4, 3)), np.zeros((2, 51, 3)), np.zeros((2, 4))
    finetune._Faces(["a", "b"], *arrays, np.array([False, True])).batches([], [None] * folders, 8)
    assert made == [pytest.approx(share)]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--teacher", "models"], "--teacher and --heads are for"),
        (["--heads", "models"], "--teacher and --heads are for"),
    ],
)
def test_options_of_a_training_are_not_passed_over_in_a_fine_tuning(words, said, tmp_path):
    from train.errors import DataError

    (tmp_path / "my.csv").write_text("image,nose_x,nose_y\n")
    with pytest.raises(DataError, match=said):
        run_in_process(["landmarks", "--data", str(tmp_path / "my.csv"), "--init", str(find_models()), *words])


def test_an_option_of_a_fine_tuning_is_not_passed_over_in_a_training(tmp_path):
    from train.errors import DataError

    with pytest.raises(DataError, match="--keep is for fine-tuning"):
        run_in_process(["landmarks", "--data", str(tmp_path), "--keep", "0"])


def test_faces_of_a_single_image_cannot_be_split(start, tmp_path):
    from train.engine.loop import FitConfig
    from train.errors import DataError
    from train.finetuning.run import finetune_landmarks

    data = write_csv(tmp_path / "data", 1)
    with pytest.raises(DataError, match="label more images"):
        finetune_landmarks([data], FitConfig(tmp_path / "run", minutes=0.01), start / "landmarks.keras")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("none", "no weights at .*none"),
        ("empty", r"folder that holds landmarks\.keras"),
        ("other.keras", "not a landmarker"),
    ],
)
def test_weights_that_cannot_be_started_from_are_one_line(name, said, tmp_path):
    from train.errors import DataError
    from train.networks import build_detector

    data = write_csv(tmp_path / "data", 3)
    (tmp_path / "empty").mkdir()
    build_detector((64, 64)).save(tmp_path / "other.keras")
    arguments = ["landmarks", "--data", str(data), "--init", str(tmp_path / name), "--out", str(tmp_path / "run")]
    with pytest.raises(DataError, match=said) as caught:
        run_in_process(arguments)
    assert "\n" not in str(caught.value)


def test_data_that_does_not_exist_is_one_line(tmp_path):
    from train.errors import DataError

    with pytest.raises(DataError, match=r"none\.csv does not exist"):
        run_in_process(["landmarks", "--data", str(tmp_path / "none.csv")])


def page_commands():
    """The commands of the page, in order: the indented lines."""
    return [
        line.strip() for line in PAGE.read_text("utf-8").splitlines() if re.match(r"    (python|smile-edge) ", line)
    ]


def run_command(command, folder):
    words = shlex.split(command.split("  #")[0])
    words = {"python": [sys.executable], "smile-edge": [sys.executable, "-m", "smile_edge"]}[words[0]] + words[1:]
    if "train" in words[:3]:
        words += ["--minutes", "0.03", "--batch", "4", "--epoch-steps", "2"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"}
    return subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, timeout=240, check=False)


def test_every_command_of_the_page_runs_on_a_small_set(start, tmp_path):
    (tmp_path / "models").mkdir()
    shutil.copy(start / "landmarks.keras", tmp_path / "models")
    write_csv(tmp_path, 6)
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "portrait.jpg").write_bytes((files("smile_edge") / "assets" / "astronaut.jpg").read_bytes())
    commands = page_commands()
    assert len(commands) >= 3
    for command in commands:
        done = run_command(command, tmp_path)
        assert done.returncode == 0, f"{command}\n{done.stderr}"
    records = [json.loads(line) for line in (tmp_path / "faces.jsonl").read_text().splitlines()]
    assert len(records) == 1
    assert (tmp_path / "annotated" / "portrait.jpg").is_file()
    if start == find_models():
        assert len(records[0]["faces"]) == 1


def test_the_page_names_every_point():
    page = PAGE.read_text("utf-8")
    for group, indices in TOPOLOGY_49.groups.items():
        assert re.search(rf"`{group}_0` .*`{group}_{len(indices) - 1}`", page), group
    for name in LABELLED:
        assert f"`{name}`" in page


def test_every_message_that_the_page_explains_is_in_the_code():
    rows = re.findall(r"^\| `([^`]+)` \|", PAGE.read_text("utf-8"), re.MULTILINE)
    messages = [row for row in rows if " " in row]
    code = " ".join(re.sub(r'"\s*f?"', "", path.read_text("utf-8")) for path in (ROOT / "train").rglob("*.py"))
    assert len(messages) >= 6
    for message in messages:
        assert message in code, message
