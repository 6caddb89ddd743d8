"""The measurements: what they count, on predictions whose scores are known; and how they read and name their inputs."""

import json
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from fake_world import World, detection, face_points

from benchmarks.accuracy.clips import drifting, passing, still
from benchmarks.accuracy.detection import scene_results
from benchmarks.accuracy.false_positives import false_alarms
from benchmarks.accuracy.head_pose import pose_results
from benchmarks.accuracy.illumination import light_results
from benchmarks.accuracy.jitter import flicker, jitter_results, lag_frames, wander
from benchmarks.accuracy.landmarks import face_results
from benchmarks.accuracy.peers import Peer, PeerFaces, read_peers
from benchmarks.accuracy.reliability import reliability
from benchmarks.accuracy.scores import CURVE_PERCENT, error_curve, nearest, score_given_points
from benchmarks.accuracy.suite import Plan, measure
from benchmarks.reporting.environment import command_line
from benchmarks.reporting.systems import ONE_LOOK, OURS
from smile_edge import FacePipeline
from smile_edge.detection.detector import FaceDetector
from smile_edge.geometry.face_roi import average_box, face_roi
from smile_edge.landmarks.result import LandmarkBatch
from smile_edge.pipeline.models import Models
from smile_edge.topology import FIVE_POINTS, TOPOLOGY_49
from train.data.formats.mtfl import POSES, read_mtfl
from train.data.samples import SceneSample, held_out
from train.errors import DataError
from train.evaluation.metrics import score_five_points


def labels(count: int) -> np.ndarray:
    """Five points `(count, 5, 2)` px of faces of many turns and sizes."""
    faces = [face_points(200, 180, 30 + 7 * i, 40 * i) for i in range(count)]
    return TOPOLOGY_49.five_points(np.stack(faces)).astype(np.float64)


def noisy(truth: np.ndarray, px: float = 2.0) -> list[np.ndarray]:
    return list(truth + np.random.default_rng(0).normal(0, px, truth.shape))


def test_a_system_that_gives_all_points_is_scored_as_in_training():
    truth = labels(8)
    predicted = [None, *noisy(truth)[1:]]
    score, errors, given = score_given_points(predicted, truth)
    expected, expected_errors = score_five_points(predicted, truth)
    assert score == expected
    np.testing.assert_array_equal(errors, expected_errors)
    assert given == 5


def test_points_a_system_does_not_give_change_nothing():
    truth = labels(8)
    predicted = np.stack(noisy(truth))
    predicted[:, 3:] = np.nan
    score, _, given = score_given_points(list(predicted), truth)
    raw = np.linalg.norm(predicted - truth, axis=-1)[:, :3].mean(-1) / (30 + 7 * np.arange(8)) * 100
    assert given == 3
    assert score.nme == pytest.approx(raw.mean(), rel=0.02)


def test_the_nearest_face_is_the_one_meant():
    truth = labels(1)[0]
    assert nearest(np.stack([truth + 90, truth + 1, truth - 30]), truth) == 1
    assert nearest(np.zeros((0, 5, 2)), truth) is None


def test_a_missed_face_never_enters_the_error_curve():
    curve = error_curve(np.array([1.0, 3.0, np.nan, np.nan]))
    assert curve[0] == 0
    assert curve[-1] == 50
    assert curve[int(np.searchsorted(CURVE_PERCENT, 2.0))] == 25


def test_errors_drawn_from_laplace_are_found_reliable():
    rng = np.random.default_rng(1)
    truth = labels(7).repeat(600, 0)
    sigma = rng.uniform(0.2, 1.5, (len(truth), 5))
    result = reliability(list(truth + rng.laplace(0, sigma[..., None], truth.shape)), sigma, truth)
    assert result["within_1"] == pytest.approx(result["laplace_1"], abs=1)
    assert result["within_2"] == pytest.approx(result["laplace_2"], abs=1)
    assert all(error == pytest.approx(spread, rel=0.15) for spread, error in result["groups"])


def test_an_offset_on_every_face_is_no_lack_of_reliability_once_it_is_taken_off():
    rng = np.random.default_rng(1)
    truth = labels(7).repeat(600, 0)
    sigma = rng.uniform(0.2, 1.5, (len(truth), 5))
    _, size, angle = face_roi(truth)
    down = np.stack([-np.sin(angle), np.cos(angle)], -1) * size[:, None]
    moved = truth + np.array([0.04, 0.04, 0, 0, 0])[:, None] * down[:, None]  # the eyes, by 4 % of the face size
    result = reliability(list(moved + rng.laplace(0, sigma[..., None], truth.shape)), sigma, truth)
    for multiple in (1, 2):
        assert result[f"within_{multiple}"] < result[f"laplace_{multiple}"] - 5
        assert result[f"within_{multiple}_corrected"] == pytest.approx(result[f"laplace_{multiple}"], abs=1)
    assert result["shares_corrected"][10] == pytest.approx(result["within_1_corrected"], abs=0.01)


def test_without_a_face_there_is_no_reliability():
    assert reliability([None], np.ones((1, 5)), labels(1)) == {"errors": 0}


def test_points_that_follow_the_truth_do_not_flicker_wander_or_lag():
    clip = passing(60, 4)
    assert flicker(clip.truth + 3, clip.truth, clip.eyes_px) == pytest.approx(0, abs=1e-4)
    assert lag_frames(clip.truth + 3, clip.truth) == pytest.approx(0, abs=1e-3)
    assert wander(still(60, 1).truth, 60) == pytest.approx(0, abs=1e-4)


@pytest.mark.parametrize("frames", [1, 3])
def test_points_that_come_late_lag_by_as_many_frames(frames):
    truth = passing(60, 4).truth
    late = np.concatenate([truth[:frames], truth[:-frames]])
    assert lag_frames(late, truth) == pytest.approx(frames, abs=0.02)


def test_clips_are_noisy_and_the_same_in_every_run():
    first, second = drifting(40, 0.2), drifting(40, 0.2)
    assert all((a.image == b.image).all() for a, b in zip(first.frames, second.frames, strict=True))
    assert (still(40, 0.1).frames[0].image != still(40, 0.1).frames[1].image).any()


class _Portrait:
    """A detector and a landmarker that know where the clip's face is, give or take a pixel."""

    def __init__(self) -> None:
        self.rng = np.random.default_rng(2)
        self.truth = still(72, 0.1).truth[0]

    def detect(self, image):
        return [detection(self.truth)]

    def detect_batch(self, images, *, threshold=None, thorough=False):
        return [self.detect(image) for image in images]

    def landmarks(self, items, passes=1, flip_test=False):
        points = (self.truth + self.rng.normal(0, 1, (len(items), 49, 2))).astype(np.float32)
        one = np.ones((len(items), 49), np.float32)
        return LandmarkBatch(points, one, one[:, 0], average_box(TOPOLOGY_49.five_points(points)))


def test_smoothing_calms_a_still_face():
    model = _Portrait()
    clip = jitter_results(Models(model, model), seconds=2)[0]
    assert clip["kind"] == "still"
    assert clip["smooth"]["flicker"] < clip["raw"]["flicker"] / 3


def test_a_clip_without_a_face_has_no_figures():
    world = World(lambda index: [])
    assert all(clip["found"] == 0 and clip["raw"] is None for clip in jitter_results(world.models(), seconds=1))


def pack(folder: Path, truth: np.ndarray) -> Path:
    """An MTFL pack; each image is empty but for its number, which a `World` reads."""
    folder.mkdir()
    lines = []
    for index, five in enumerate(truth):
        image = np.zeros((400, 400, 3), np.uint8)
        image[0, 0] = 0, index, 0
        cv2.imwrite(str(folder / f"{index}.png"), image)
        lines.append(" ".join([f"{index}.png", *(f"{v:.3f}" for v in [*five[:, 0], *five[:, 1]]), "0 0 0 0"]))
    (folder / "testing.txt").write_text("\n".join(lines))
    return folder


def test_ours_and_a_peer_are_scored_on_the_same_faces(tmp_path):
    truth = labels(3)
    folder = pack(tmp_path / "pack", truth)
    world = World(lambda index: [face_points(200, 180, 30 + 7 * index, 40 * index)])
    faces = {
        f"{i}.png": PeerFaces(np.zeros((1, 4)), np.ones(1), truth[i : i + 1] + (200 if i == 0 else 0)) for i in range(3)
    }
    results = face_results(
        {OURS: FacePipeline(world.models()), "hasty": FacePipeline(World(lambda index: []).models())}, folder,
        read_mtfl(folder, "testing.txt"), [Peer("other", faces)],
        angles=(0,), sizes_px=(), tell=lambda text: None,
    )  # fmt: skip
    assert results["systems"][OURS]["recall"] == 100
    assert results["systems"]["hasty"]["recall"] == 0
    assert results["systems"]["other"]["recall"] == pytest.approx(200 / 3, abs=0.01)
    assert results["turned"]["0"]["nmec"] == results["systems"][OURS]["nmec"]


def test_peers_are_read_by_pack_and_missing_points_stay_unknown(tmp_path):
    (tmp_path / "pack").mkdir()
    five = {name: [1.0, 2.0] for name in FIVE_POINTS} | {"mouth_left": None}
    record = {"image": "a.png", "faces": [{"box": [0, 0, 9, 9], "score": None, "five": five}]}
    (tmp_path / "pack" / "blink.jsonl").write_text(json.dumps(record) + "\n")
    (peer,) = read_peers(tmp_path, "pack")
    (found,) = peer.of(["a.png"])
    assert peer.name == "blink"
    assert np.isnan(found.scores[0])
    assert np.isfinite(found.five[0]).all(-1).tolist() == [True, True, True, True, False]
    assert read_peers(tmp_path, "elsewhere") == []


def test_an_image_that_a_peer_never_saw_is_an_error_not_a_miss():
    with pytest.raises(DataError, match=r"lack the image b\.png"):
        Peer("other", {}).of(["b.png"])


def test_a_broken_line_of_predictions_is_named(tmp_path):
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "x.jsonl").write_text('{"image": "a.png", "faces": []}\n{"image": 3')
    with pytest.raises(DataError, match=r"x\.jsonl, row 2"):
        read_peers(tmp_path, "pack")


def test_detection_counts_ours_at_the_shipped_threshold_and_a_peer_as_delivered(tmp_path):
    box = np.array([[50, 50, 60, 60]], np.float32)
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((200, 200, 3), np.uint8))
    sample = SceneSample(tmp_path / "a.png", box, "a", "pack", ignore=np.zeros(1, bool))
    found = [SimpleNamespace(box=box[0], score=0.9), SimpleNamespace(box=box[0] + 100, score=0.3)]
    detector = FaceDetector.__new__(FaceDetector)
    detector.long_side, detector.image_long_sides = 320, (320, 640)

    def pipeline(faces, fast, threshold):
        models = SimpleNamespace(detector=detector)
        return SimpleNamespace(
            models=models, process=lambda image: SimpleNamespace(faces=faces), fast=fast, threshold=threshold
        )

    pipelines = {OURS: pipeline(found, False, 0.5), ONE_LOOK: pipeline(found[1:], True, 0.2)}
    unscored = Peer("mute", {"a.png": PeerFaces(box, np.array([np.nan]), np.zeros((1, 5, 2)))})
    results = scene_results(pipelines, tmp_path, [sample], [unscored])
    ours, mute = results["systems"][OURS]["40"], results["systems"]["mute"]["40"]
    assert (ours["ap"], ours["recall"], ours["false_alarms"]) == (1, 1, 0)
    assert ours["curve"] == [[1, 1]]
    assert results["systems"][ONE_LOOK]["40"]["ap"] == 0
    assert [ours["ap_coco"], mute["ap_coco"]] == [1, None]
    assert results["systems"][ONE_LOOK]["40"]["false_alarms"] == 1
    assert [results["systems"][name].get("threshold") for name in (OURS, ONE_LOOK, "mute")] == [0.5, 0.2, None]
    assert results["long_sides"] == {OURS: [320, 640], ONE_LOOK: [320]}
    assert (mute["ap"], mute["precision"]) == (None, 1)


def test_faces_are_counted_by_their_light_and_every_system_at_the_same_alarms(tmp_path):
    boxes = np.array([[20, 20, 60, 60], [120, 20, 60, 60], [20, 120, 60, 60], [120, 120, 15, 15]], np.float32)
    samples, sure, eager = [], [], []
    for index in range(10):
        image = np.full((200, 200, 3), 200, np.uint8)
        image[20:80, 20:80] = 20
        image[20:80, 120:180] = 100
        cv2.imwrite(str(tmp_path / f"{index}.png"), image)
        samples.append(SceneSample(tmp_path / f"{index}.png", boxes, "a", "pack", ignore=np.zeros(4, bool)))
        sure.append((boxes[1:3], np.array([0.9, 0.8], np.float32)))
        # Two false alarms in ten scenes may lie above a face that counts; the third ends what counts.
        alarm = np.array([[150, 150, 40, 40]], np.float32)
        eager.append((np.concatenate([boxes[:1], alarm]), np.array([0.5 + 0.01 * index, 0.52 + 0.01 * index])))
    mute = [(boxes, np.full(4, np.nan, np.float32))] * 10
    rows = light_results({"sure": sure, "eager": eager, "mute": mute}, samples)
    assert [(row["from"], row["below"], row["faces"]) for row in rows] == [
        (0, 50, 10), (50, 80, 0), (80, 120, 10), (120, 256, 10)
    ]  # fmt: skip
    assert [row["found"].get("sure") for row in rows] == [0, None, 100, 100]
    assert [row["found"].get("eager") for row in rows] == [0, None, 0, 0]
    some = [(np.concatenate([found, boxes[:1]]), np.append(scores, 0.6)) for found, scores in eager]
    assert light_results({"some": some}, samples)[0]["found"] == {"some": 100.0}
    assert not any("mute" in row["found"] for row in rows)


def test_false_alarms_are_counted_on_held_out_images_only(tmp_path):
    names = [f"{index}.png" for index in range(60)]
    kept = [name for name in names if held_out(name)]
    for name in names:
        cv2.imwrite(str(tmp_path / name), np.zeros((240, 320, 3), np.uint8))
    result = false_alarms(FacePipeline(World(lambda index: [face_points()]).models()), tmp_path)
    assert result["images"] == len(kept)
    assert result["faces_per_1000"] == 1000


def test_held_out_faces_are_scored_by_their_head_pose(tmp_path):
    five = TOPOLOGY_49.five_points(face_points())
    names = [f"{index}.png" for index in range(120)]
    rows = [
        " ".join([name, *map(str, five[:, 0]), *map(str, five[:, 1]), "0", "0", "0", str(1 + index % 5)])
        for index, name in enumerate(names)
    ]
    (tmp_path / "training.txt").write_text("\n".join(rows))
    for name in names:
        cv2.imwrite(str(tmp_path / name), np.zeros((240, 320, 3), np.uint8))
    result = pose_results(FacePipeline(World(lambda index: [face_points(x=101)]).models()), tmp_path)
    kept = [index for index, name in enumerate(names) if held_out(Path(name).stem)]
    assert {yaw: score["faces"] for yaw, score in result["yaw"].items()} == {
        str(yaw): count for pose, yaw in POSES.items() if (count := sum(index % 5 == pose - 1 for index in kept))
    }
    assert all(score["recall"] == 100 and score["nmec"] < 0.01 for score in result["yaw"].values())


def test_the_command_names_a_folder_elsewhere_by_its_option(tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    options = {"data": tmp_path / "there", "models": Path("models"), "limit": 5, "quick": True, "peers": None}
    assert command_line("accuracy", options) == (
        "python -m benchmarks accuracy --data DATA --models models --limit 5 --quick"
    )


def test_a_folder_without_packs_is_an_error(tmp_path):
    with pytest.raises(DataError, match="holds no pack"):
        measure(Plan(tmp_path))


def test_a_folder_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(DataError, match="--peers names"):
        measure(Plan(pack(tmp_path / "pack", labels(1)), peers=tmp_path / "none"))
