"""The comparison of networks: scores by hand, augmentation, rows, resuming, the report. Needs TensorFlow."""

import json
from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

pytestmark = pytest.mark.training
keras = pytest.importorskip("keras", reason="needs the train extra")

from smile_edge.errors import UsageError  # noqa: E402
from train.compare import (  # noqa: E402
    CLOCKS,
    MEAN_FACE,
    Schedule,
    answers,
    compare,
    parse_entries,
    split,
    table,
    train_row,
    write_report,
)
from train.compare.batches import PointBatches, disturbed, parse_augmentation  # noqa: E402
from train.compare.cli import compare_app  # noqa: E402
from train.compare.kaggle_like import write_kaggle_like  # noqa: E402
from train.compare.networks.registry import NETWORKS  # noqa: E402
from train.compare.points import PointTrainer, mean_face, score_points  # noqa: E402
from train.data.formats.dense import read_dense  # noqa: E402
from train.data.formats.kaggle import SMILE_POINTS, KeypointSet, read_kaggle  # noqa: E402
from train.errors import DataError  # noqa: E402
from train.synthesis.cartoon_faces import write_packs  # noqa: E402


@pytest.fixture(scope="module")
def faces(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kaggle")
    write_kaggle_like(read_dense(write_packs(folder / "packs", 12)[1]), folder)
    return read_kaggle(folder, 4)


def dots(count=3):
    """Black images with one bright dot, which is the only labelled point."""
    images, points = np.zeros((count, 96, 96), np.uint8), np.zeros((count, 4, 2), np.float32)
    for i in range(count):
        points[i, 0] = 40 + 5 * i, 50 - 5 * i
        images[i, 49 - 5 * i : 52 - 5 * i, 39 + 5 * i : 42 + 5 * i] = 255
    weights = np.tile(np.array([1, 0, 0, 0], np.float32), (count, 1))
    return KeypointSet(images, points, weights, SMILE_POINTS, tuple(map(str, range(count))))


def test_the_error_is_the_root_mean_square_of_labelled_coordinates():
    data = dots(2)
    predicted = data.points + np.array([[[3, 0]], [[0, 1]]], np.float32)
    predicted[:, 1:] += 1000
    scores = score_points(predicted, data)
    assert scores["error"] == pytest.approx(np.sqrt((9 + 0 + 0 + 1) / 4))
    assert np.isnan(scores["interocular_percent"])  # only one eye is labelled


def test_the_relative_error_is_over_the_distance_of_the_eyes():
    data = dots(1)
    points, weights = np.array([[[60, 40], [30, 80], [0, 0], [0, 0]]], np.float32), np.array([[1, 1, 0, 0]], np.float32)
    data = replace(data, points=points, weights=weights)
    assert score_points(points + np.array([3, 4]), data)["interocular_percent"] == pytest.approx(100 * 5 / 50)


def test_the_mean_face_leaves_missing_labels_out():
    data = dots(2)
    np.testing.assert_allclose(mean_face(data), [[42.5, 47.5], [47.5, 47.5], [47.5, 47.5], [47.5, 47.5]])


@pytest.mark.parametrize("augmentation", ["none", "rotation", "shift", "rotation+shift+light"])
def test_points_follow_the_image_through_augmentation(augmentation):
    images, labels = PointBatches(dots(), parse_augmentation(augmentation), 16)(np.random.default_rng(3))
    for image, point, weight in zip(images[..., 0].astype(float), labels["points"], labels["weights"], strict=True):
        bright = image - image.mean() > 0.5 * (image.max() - image.mean())
        np.testing.assert_allclose(np.argwhere(bright).mean(0)[::-1], point[0], atol=0.7)
        assert weight.tolist() == [1, 0, 0, 0]


def test_without_augmentation_images_stay_as_they_are():
    data = dots(1)
    images, labels = PointBatches(data, parse_augmentation("none"), 2)(np.random.default_rng(0))
    np.testing.assert_array_equal(images[0, ..., 0], data.images[0])
    np.testing.assert_array_equal(labels["points"][1], data.points[0])


def test_a_point_that_leaves_the_image_loses_its_weight():
    data = dots(40)
    corner = replace(data, points=np.full((40, 4, 2), 94, np.float32))
    moved = disturbed(corner)
    kept = moved.weights[:, 0] > 0
    assert 0 < kept.sum() < 40
    assert (moved.points[kept, 0] <= 95.5).all()
    assert (moved.points[~kept] == 0).all()


def test_entries_are_all_combinations_but_for_what_a_network_sets_itself():
    entries = parse_entries(["smile", "ours:loss=laplace,rate=0.01"], ["mse", "wing"], ["none", "rotation"])
    assert [(e.network, e.loss, e.augment) for e in entries] == [
        ("smile", "mse", "none"), ("smile", "mse", "rotation"), ("smile", "wing", "none"),
        ("smile", "wing", "rotation"), ("ours", "laplace", "none"), ("ours", "laplace", "rotation"),
    ]  # fmt: skip
    assert entries[-1].learning_rate == 0.01
    assert entries[0].learning_rate == NETWORKS["smile"].learning_rate


@pytest.mark.parametrize(
    ("network", "loss", "augment", "message"),
    [
        ("smile", "l7", "none", "--loss l7"),
        ("smile", "mse", "rotation+flip", "'flip'"),
        ("smile:rate=fast", "mse", "none", "rate"),
        ("smile:rate=-1", "mse", "none", "rate"),
    ],
)
def test_a_wrong_entry_is_named(network, loss, augment, message):
    with pytest.raises(UsageError, match=message):
        parse_entries([network], [loss], [augment])


def test_the_split_keeps_groups_together_and_needs_two():
    data = dots(60)
    training, held = split(replace(data, groups=tuple(str(i // 3) for i in range(60))))
    assert not set(training.groups) & set(held.groups)
    assert len(training.groups) + len(held.groups) == 60
    with pytest.raises(DataError, match="cannot be split"):
        split(replace(data, groups=("one",) * 60))


def test_a_missing_label_does_not_train_the_network(faces):
    network = NETWORKS["smile"].build(4, NETWORKS["smile"].options())
    trainer = PointTrainer(network, "mse")
    trainer.compile("sgd", run_eagerly=True)
    before = [value.copy() for value in network.get_weights()]
    labels = {"points": np.full((2, 4, 2), 1e4, "float32"), "weights": np.zeros((2, 4), "float32")}
    trainer.train_on_batch(faces.images[:2, ..., None], labels)
    for old, new in zip(before, network.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_the_likelihood_learns_a_sigma_and_the_others_do_not(faces):
    network = NETWORKS["smile"].build(4, NETWORKS["smile"].options())
    trained = {name: len(PointTrainer(network, name).trainable_weights) for name in ("laplace", "mse")}
    assert trained["laplace"] == trained["mse"] + 1


@pytest.fixture(scope="module")
def run(faces, tmp_path_factory):
    out = tmp_path_factory.mktemp("compare")
    entries = parse_entries(["smile", "smile:relu"], ["mse"], ["rotation"])
    schedule = Schedule(minutes=0.02, batch=8)
    return compare(faces, entries, out, schedule), entries, out, schedule


def test_a_comparison_has_the_mean_face_and_every_network(run):
    results, _, out, _ = run
    assert [row["label"] for row in results["rows"]] == [MEAN_FACE, "smile", "smile:activation=relu"]
    for row in results["rows"][1:]:
        assert np.isfinite([row["rmse_px"], row["moved_rmse_px"], row["ms_per_image"], row["size_mb"]]).all()
        assert row["history"][-1]["minutes"] >= 0.02
    assert (out / "smile_mse_rotation" / "best.keras").is_file()


def test_a_finished_row_is_kept_on_resuming_and_other_data_are_refused(run, faces):
    results, entries, out, schedule = run
    resumed = replace(schedule, resume=True)
    training, held = split(faces)
    row = train_row(entries[0], training, held, held, out / entries[0].folder, resumed)
    assert row == json.loads(json.dumps(results["rows"][1]))
    with pytest.raises(DataError, match="with other batch"):
        train_row(entries[0], training, held, held, out / entries[0].folder, replace(resumed, batch=4))


def test_a_busy_machine_does_not_take_processor_time_away(faces, tmp_path, monkeypatch):
    """On the processor's clock a program that only waits has all its steps left."""
    training, held = split(faces)
    (entry,) = parse_entries(["smile"], ["mse"], ["none"])
    monkeypatch.setitem(CLOCKS, "processor", iter(np.arange(0, 1e6, 0.01)).__next__)
    row = train_row(entry, training, held, held, tmp_path, Schedule(minutes=0.01, clock="processor", batch=8))
    assert row["history"][-1]["step"] == pytest.approx(60, abs=2)


def test_the_report_holds_table_answers_and_picture(run, tmp_path):
    results = run[0]
    write_report(results, tmp_path)
    assert json.loads((tmp_path / "compare.json").read_text())["rows"][0]["label"] == MEAN_FACE
    page = (tmp_path / "compare.md").read_text()
    assert all(" | ".join(row) in page for row in table(results))
    assert (tmp_path / "compare.png").stat().st_size > 1000
    (answer,) = answers(results)
    assert answer.startswith("activation: ")
    assert "sigmoid" in answer
    assert "relu" in answer


def test_weights_that_do_not_exist_end_the_comparison_before_it_starts(faces, tmp_path):
    entries = parse_entries(["smile", "vgg19:block1_pool,weights=/no/such/file.h5"], ["mse"], ["none"])
    with pytest.raises(DataError, match=r"/no/such/file\.h5 not found"):
        compare(faces, entries, tmp_path, Schedule(minutes=5))


def test_tensorboard_that_is_not_installed_is_one_line(faces, tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(DataError, match="pip install tensorboard"):
        compare(faces, [], tmp_path, Schedule(tensorboard=True))


def test_import_converts_and_lists_the_layers(tmp_path):
    NETWORKS["smile"].build(4, NETWORKS["smile"].options()).save(tmp_path / "a.keras")
    result = CliRunner().invoke(compare_app, ["import", str(tmp_path / "a.keras"), "--out", str(tmp_path / "b.h5")])
    assert result.exit_code == 0, result.output
    assert "coordinates" in result.output
    assert keras.saving.load_model(tmp_path / "b.h5", compile=False).output_shape == (None, 4, 2)
