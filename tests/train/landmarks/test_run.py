"""Losses, layers and the training loop, on generated faces. Needs TensorFlow."""

import csv
import json
from functools import partial
from itertools import count

import numpy as np
import pytest

pytestmark = pytest.mark.training
keras = pytest.importorskip("keras", reason="needs the train extra")


@pytest.fixture(scope="module")
def packs(tmp_path_factory):
    from train.synthesis.cartoon_faces import write_packs

    return write_packs(tmp_path_factory.mktemp("packs"), 12)


def test_the_points_loss_is_the_laplace_likelihood():
    from train.losses.points import laplace_points_loss

    points, targets = np.array([[[3.0, 4.0]]]), np.array([[[1.0, 1.0]]])
    loss = laplace_points_loss(points, np.array([[2.0]]), targets, np.ones((1, 1)), unit_px=1.0, l1_weight=0.0)
    assert float(loss[0]) == pytest.approx(5 / 2 + 2 * np.log(2))


def test_a_missing_label_costs_nothing_wherever_it_lies():
    from train.losses.points import laplace_points_loss

    points, sigma, weights = np.zeros((1, 2, 2)), np.ones((1, 2)), np.array([[1.0, 0.0]])
    near, far = np.zeros((1, 2, 2)), np.array([[[0.0, 0.0], [1e6, 1e6]]])
    costs = [float(laplace_points_loss(points, sigma, t, weights, 1.0)[0]) for t in (near, far)]
    assert costs[0] == costs[1]


def test_cross_entropy_is_stable_for_large_logits():
    from train.losses.points import binary_cross_entropy

    cost = np.asarray(binary_cross_entropy(np.array([100.0, -100.0, 0.0]), np.array([1.0, 1.0, 1.0])))
    np.testing.assert_allclose(cost, [0, 100, np.log(2)], atol=1e-6)


def test_the_rate_rises_then_falls_to_a_hundredth():
    from train.engine.loop import learning_rate_at

    rates = [learning_rate_at(share, 1.0, 0.1) for share in (0.0, 0.05, 0.1, 0.5, 1.0)]
    assert rates[0] < rates[1] < rates[2] == 1
    assert rates[2] > rates[3] > rates[4] == pytest.approx(0.01)


def test_a_sharp_heatmap_reads_as_the_place_of_its_cell():
    from train.networks import SpatialExpectation

    heat = np.full((1, 24, 24, 1), -50, np.float32)
    heat[0, 12, 5] = 50  # row, column
    points = np.asarray(SpatialExpectation(96, stretch=1.0)(heat))
    np.testing.assert_allclose(points[0, 0], [5 * 4 + 1.5, 12 * 4 + 1.5], atol=1e-4)


@pytest.mark.parametrize("name", ["BoxAroundMean", "FlatMaps", "Sigma", "SpatialExpectation", "Upsample2x"])
def test_layers_build_fit_save_and_reload(name, tmp_path):
    from train.networks import blocks, landmarker

    kind = getattr(blocks, name, None) or getattr(landmarker, name)
    layer = kind(96) if name == "SpatialExpectation" else kind()
    inputs = keras.Input((24, 24, 3))
    features = keras.layers.Conv2D(4, 1)(inputs)
    if name == "BoxAroundMean":
        features = keras.layers.Flatten()(features)
    outputs = keras.layers.GlobalAveragePooling1D()(keras.layers.Reshape((-1, 1))(layer(features)))
    model = keras.Model(inputs, outputs)
    model.compile("sgd", "mse")
    data = np.random.default_rng(0).random((2, 24, 24, 3)).astype("float32")
    model.fit(data, np.zeros((2, 1)), verbose=0)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(again.predict(data, verbose=0), model.predict(data, verbose=0), rtol=1e-4, atol=1e-5)


def test_boxes_of_unusual_shapes_count_more_up_to_four_times():
    from train.losses.box import rarity

    usual, narrow, thin, wide = np.asarray(rarity(np.array([[30.0, 39.3], [20.0, 40.0], [5.0, 40.0], [40.0, 30.0]])))
    assert 1 <= usual < 1.01
    assert 2 < narrow < thin
    assert 2 < wide < thin < 4.1


def test_iou_in_the_loss_agrees_with_the_runtime():
    from smile_edge.geometry.boxes import iou_xyxy
    from train.losses.box import box_cost

    rng = np.random.default_rng(0)
    centre, size = rng.uniform(0, 50, (2, 9, 2)), rng.uniform(10, 40, (2, 9, 2))
    corners = np.concatenate([centre - size / 2, centre + size / 2], -1)
    overlap, cost = box_cost(centre[0], size[0], centre[1], size[1])
    expected = np.diag(iou_xyxy(corners[0], corners[1]))
    np.testing.assert_allclose(np.asarray(overlap), expected, atol=1e-5)
    assert (np.asarray(cost) >= 1 - expected - 1e-5).all()
    np.testing.assert_allclose(np.asarray(box_cost(centre[0], size[0], centre[0], size[0])[1]), 0, atol=1e-5)


def test_a_size_below_zero_still_learns_which_way_is_up():
    from train.losses.box import positive

    sizes = np.array([-40.0, 0.0, 7.9, 8.0, 50.0], np.float32)
    bent = np.asarray(positive(sizes))
    assert (bent > 0).all()
    assert (np.diff(bent) > 0).all()
    np.testing.assert_allclose(bent[3:], sizes[3:], rtol=1e-5)


@pytest.fixture
def stored_faces():
    """Stored crops, light above and dark below, with one labelled and one taught point, and a box."""
    from train.data.crop_cache import STORED_PX

    crops = np.zeros((4, STORED_PX, STORED_PX, 3), np.uint8)
    crops[:, : STORED_PX // 2] = 200
    targets, taught = np.zeros((4, 51, 3), np.float32), np.zeros((4, 49, 3), np.float32)
    targets[:, 13] = taught[:, 13] = 90, 70, 1
    return {"crops": crops, "targets": targets, "taught": taught, "boxes": np.full((4, 4), 50, np.float32)}


def _upper_lighter(images):
    half = images.shape[1] // 2
    return images[:, :half].mean((1, 2, 3)) > images[:, half:].mean((1, 2, 3))


def test_what_a_teacher_says_moves_with_the_face(stored_faces, monkeypatch):
    import train.landmarks.batches

    monkeypatch.setattr(train.landmarks.batches, "INVERTED_SHARE", 0)
    images, labels = train.landmarks.batches.FaceBatches(negatives=(), batch=16, **stored_faces)(
        np.random.default_rng(0)
    )
    np.testing.assert_array_equal(labels["taught"][:, 13], labels["targets"][:, 13])
    assert labels["face"].all()
    assert labels["boxed"].all()
    assert _upper_lighter(images).all()


def test_a_face_upside_down_is_none_and_teaches_no_points(stored_faces, monkeypatch):
    import train.landmarks.batches

    monkeypatch.setattr(train.landmarks.batches, "INVERTED_SHARE", 1)
    images, labels = train.landmarks.batches.FaceBatches(negatives=(), batch=16, **stored_faces)(
        np.random.default_rng(0)
    )
    assert not any(labels[name].any() for name in ("face", "boxed", "targets", "taught"))
    assert not _upper_lighter(images).any()


def test_landmark_training_writes_a_run_and_resumes_it(packs, tmp_path, monkeypatch):
    from train.engine.loop import FitConfig, fit
    from train.landmarks.run import train_landmarks

    monkeypatch.setattr("train.landmarks.run.fit", partial(fit, now=count().__next__))  # a second a step
    out = tmp_path / "run"
    train_landmarks(packs, FitConfig(out, minutes=0.1, epoch_steps=4), batch=8)
    first = json.loads((out / "metrics.json").read_text())
    assert np.isfinite(first["error"])
    written = {"best.keras", "last.keras", "last.npz", "history.csv", "curve.png", "config.json"}
    assert {p.name for p in out.iterdir()} >= written
    train_landmarks(packs, FitConfig(out, minutes=0.2, epoch_steps=4, resume=True), batch=8)
    with (out / "history.csv").open() as stream:
        assert [float(row["step"]) for row in csv.DictReader(stream)] == [4, 6, 10, 12]


def test_a_teacher_takes_part_and_its_opinion_is_kept(packs, tmp_path, monkeypatch):
    from smile_edge.runtime.manifest import find_models
    from train.engine.loop import FitConfig, fit
    from train.landmarks.run import train_landmarks

    monkeypatch.setattr("train.landmarks.run.fit", partial(fit, now=count().__next__))
    train_landmarks(packs, FitConfig(tmp_path / "run", minutes=0.05, epoch_steps=3), batch=8, teacher=find_models())
    (kept,) = (tmp_path / "cache").glob("taught-*.npy")
    assert np.load(kept).shape[1:] == (49, 3)
    with (tmp_path / "run" / "history.csv").open() as stream:
        assert all(np.isfinite(float(row["taught_loss"])) for row in csv.DictReader(stream))


def test_calibration_brings_the_shares_within_one_and_two_sigma_to_laplace(packs, tmp_path):
    from train.data.crop_cache import stored_crops, validation_crops
    from train.data.formats.dense import read_dense
    from train.data.samples import READOUT
    from train.evaluation.metrics import laplace_share_within
    from train.landmarks.sigma_calibration import calibrate_sigma
    from train.landmarks.validation import predict
    from train.networks import build_landmarker

    network = build_landmarker()
    held = stored_crops(read_dense(packs[1]), tmp_path)
    calibrate_sigma(network, *held)
    images, labels = validation_crops(*held)
    out = predict(network, images)
    labelled = labels[..., 2] > 0
    ratio = (np.abs(READOUT @ out["points"] - labels[..., :2]) / (out["sigma"] @ READOUT.T)[..., None])[labelled]
    asked_for = [np.quantile(ratio, laplace_share_within(k)) / k for k in (1, 2)]
    assert np.sqrt(np.prod(asked_for)) == pytest.approx(1, abs=0.02)


def test_each_face_counts_the_same_in_the_calibration(packs, tmp_path):
    from train.data.crop_cache import stored_crops
    from train.data.formats.dense import read_dense
    from train.landmarks.sigma_calibration import calibrate_sigma
    from train.networks import build_landmarker

    crops, targets = (np.array(part[:2]) for part in stored_crops(read_dense(packs[1]), tmp_path))
    targets[0, 1:, 2] = 0  # one label of one face, far off, against the 49 of another
    targets[0, 0, :2] += 5000
    network = build_landmarker()
    weights = network.get_weights()
    of_the_other = calibrate_sigma(network, crops[1:], targets[1:])
    network.set_weights(weights)
    assert calibrate_sigma(network, crops, targets) > 10 * of_the_other


def test_detector_training_writes_weights_that_find_the_same_maps_again(packs, tmp_path):
    from train.detector.run import train_detector
    from train.engine.loop import FitConfig
    from train.networks import build_detector

    out = tmp_path / "run"
    train_detector(packs, FitConfig(out, minutes=0.05, epoch_steps=3), batch=4, canvas_px=96)
    saved = keras.saving.load_model(out / "best.keras")
    fresh = build_detector((64, 64))
    fresh.set_weights(saved.get_weights())
    image = np.random.default_rng(0).integers(0, 256, (1, 64, 64, 3)).astype("float32")
    np.testing.assert_allclose(
        saved.predict(image, verbose=0)["level8"], fresh.predict(image, verbose=0)["level8"], atol=1e-4
    )


def test_heads_turned_aside_take_part_in_both_trainings(packs, tmp_path):
    from train.detector.run import train_detector
    from train.engine.loop import FitConfig
    from train.landmarks.run import train_landmarks
    from train.synthesis.cartoon_faces import write_heads

    heads = [write_heads(tmp_path / "heads", 6)]
    detector, landmarks = (FitConfig(tmp_path / name, minutes=0.05, epoch_steps=3) for name in ("d", "l"))
    assert np.isfinite(train_detector(packs, detector, batch=4, canvas_px=96, heads=heads)["error"])
    assert np.isfinite(train_landmarks(packs, landmarks, batch=8, heads=heads)["error"])
    with (landmarks.out / "history.csv").open() as stream:
        assert any(float(row["taught_loss"]) > 0 for row in csv.DictReader(stream))


def test_packs_without_faces_are_refused(packs, tmp_path):
    from train.detector.run import train_detector
    from train.engine.loop import FitConfig
    from train.errors import DataError
    from train.landmarks.run import train_landmarks

    for work in (train_landmarks, train_detector):
        with pytest.raises(DataError, match="faces"):
            work([packs[3]], FitConfig(tmp_path, minutes=0.01))
