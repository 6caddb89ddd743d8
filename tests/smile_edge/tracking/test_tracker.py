"""Ids, crops and the rests of the detector, without a model."""

from collections.abc import Sequence

import numpy as np
import pytest
from fake_world import FloatArray, detection, face_points

from smile_edge.errors import UsageError
from smile_edge.geometry.face_roi import face_distances
from smile_edge.landmarks.result import LandmarkBatch
from smile_edge.topology import TOPOLOGY_49
from smile_edge.tracking.tracker import FaceTracker, TrackerSettings

WIDTH, HEIGHT = 640, 480
LEFT, RIGHT = face_points(x=100), face_points(x=400)


def _batch(faces: Sequence[FloatArray], probabilities: Sequence[float] | None = None) -> LandmarkBatch:
    points = np.array(faces, np.float32).reshape(-1, 49, 2)
    face = np.array([0.9] * len(faces) if probabilities is None else probabilities, np.float32)
    boxes = np.zeros((len(points), 4), np.float32)
    return LandmarkBatch(points, np.ones(points.shape[:2], np.float32), face, boxes)


def _admit(tracker: FaceTracker, *faces: FloatArray, time_s: float = 0.0) -> None:
    assert len(tracker.unmatched([detection(points) for points in faces])) == len(faces)
    tracker.start_tracks(_batch(faces), time_s, WIDTH, HEIGHT)


def _follow(
    tracker: FaceTracker, time_s: float, *seen: FloatArray, probabilities: Sequence[float] | None = None
) -> None:
    assert len(tracker.predict(time_s)) == len(seen)
    tracker.update(_batch(seen, probabilities), time_s, WIDTH, HEIGHT)


def _ids(tracker: FaceTracker) -> list[int]:
    return [track.id for track in tracker.tracks]


def test_new_faces_get_ids_best_first() -> None:
    tracker = FaceTracker()

    fresh = tracker.unmatched([detection(LEFT, 0.6), detection(RIGHT, 0.8)])
    tracker.start_tracks(_batch([RIGHT, LEFT]), 0.0, WIDTH, HEIGHT)

    assert [one.score for one in fresh] == [0.8, 0.6]
    assert _ids(tracker) == [0, 1]
    np.testing.assert_array_equal(tracker.tracks[0].points, RIGHT)


def test_the_next_crop_starts_from_the_last_points() -> None:
    tracker = FaceTracker()
    _admit(tracker, LEFT)
    _follow(tracker, 0.1, LEFT + 5)

    np.testing.assert_allclose(tracker.predict(0.2)[0], TOPOLOGY_49.five_points(LEFT + 5))


def test_a_detection_the_landmarker_does_not_believe_starts_no_track() -> None:
    tracker = FaceTracker()
    tracker.start_tracks(_batch([LEFT], [0.2]), 0.0, WIDTH, HEIGHT)

    assert tracker.tracks == []


@pytest.mark.parametrize("degrees", [0, 90, 180])
def test_a_detection_on_a_tracked_face_is_merged_at_any_turn(degrees: float) -> None:
    tracker = FaceTracker()
    _admit(tracker, face_points(degrees=degrees))

    assert tracker.unmatched([detection(face_points(x=108, degrees=degrees + 20))]) == []


def test_a_face_beside_a_tracked_one_is_its_own() -> None:
    tracker = FaceTracker()
    _admit(tracker, face_points(x=100))

    assert len(tracker.unmatched([detection(face_points(x=100 + 2 * 40))])) == 1


def test_two_detections_of_one_face_are_one_track() -> None:
    tracker = FaceTracker()
    tracker.start_tracks(_batch([LEFT, LEFT + 4]), 0.0, WIDTH, HEIGHT)

    assert _ids(tracker) == [0]


def test_the_detector_rests_until_its_turn() -> None:
    tracker = FaceTracker(TrackerSettings(detect_every=3))
    due = [tracker.detection_due()]
    _admit(tracker, LEFT)
    for index in range(1, 4):
        _follow(tracker, index / 30, LEFT)
        due.append(tracker.detection_due())

    assert due == [True, False, False, True]


def test_a_missing_face_calls_the_detector_in_the_same_frame_and_is_not_shown() -> None:
    tracker = FaceTracker()
    _admit(tracker, LEFT, RIGHT)
    _follow(tracker, 0.1, LEFT, RIGHT, probabilities=[0.9, 0.1])

    assert tracker.detection_due()
    assert _ids(tracker) == [0]


def test_a_face_that_weakens_a_little_is_kept() -> None:
    tracker = FaceTracker()
    _admit(tracker, LEFT)
    _follow(tracker, 0.1, LEFT, probabilities=[0.4])

    assert _ids(tracker) == [0]


def test_a_missing_face_is_looked_for_in_its_old_place_and_keeps_its_id() -> None:
    tracker = FaceTracker()
    _admit(tracker, LEFT)
    _follow(tracker, 0.1, LEFT + 40, probabilities=[0.1])

    np.testing.assert_allclose(tracker.predict(0.2)[0], TOPOLOGY_49.five_points(LEFT))
    _follow(tracker, 0.2, LEFT, probabilities=[0.4])
    assert _ids(tracker) == []  # to come back takes more than to stay
    _follow(tracker, 0.3, LEFT, probabilities=[0.8])
    assert _ids(tracker) == [0]


def test_a_missing_face_detected_near_its_place_gets_its_id_back() -> None:
    tracker = FaceTracker()
    _admit(tracker, LEFT)
    _follow(tracker, 0.1, LEFT, probabilities=[0.1])
    _admit(tracker, LEFT + 30, time_s=0.9)

    assert _ids(tracker) == [0]


@pytest.mark.parametrize(
    ("time_s", "where"),
    [(1.2, LEFT), (0.5, RIGHT), (0.5, face_points(x=100, size=120))],
    ids=["too late", "too far", "another size"],
)
def test_otherwise_it_is_a_new_face_and_ids_are_not_used_twice(time_s: float, where: FloatArray) -> None:
    tracker = FaceTracker()
    _admit(tracker, LEFT)
    _follow(tracker, 0.1, LEFT, probabilities=[0.1])
    tracker.predict(time_s)
    _admit(tracker, where, time_s=time_s)

    assert _ids(tracker) == [1]


def test_a_face_whose_middle_leaves_the_frame_is_missing() -> None:
    tracker = FaceTracker()
    _admit(tracker, face_points(x=20))
    _follow(tracker, 0.1, face_points(x=-3))

    assert tracker.tracks == []


def test_of_two_tracks_on_one_face_the_one_that_jumped_loses() -> None:
    tracker = FaceTracker()
    _admit(tracker, face_points(x=100), face_points(x=160))
    _follow(tracker, 0.1, face_points(x=161), face_points(x=160))

    assert _ids(tracker) == [1]


def test_of_two_tracks_that_merge_slowly_the_older_stays() -> None:
    tracker = FaceTracker()
    _admit(tracker, face_points(x=100), face_points(x=140))
    for step in range(1, 8):
        seen = [face_points(x=100 + 2 * step), face_points(x=140 - 2 * step)]
        _follow(tracker, step / 30, *seen)

    assert _ids(tracker) == [0]


def test_max_faces_keeps_the_best_and_the_detector_rests_altogether() -> None:
    tracker = FaceTracker(TrackerSettings(max_faces=1, detect_every=1))
    _admit(tracker, RIGHT, LEFT)
    _follow(tracker, 0.1, RIGHT)

    assert _ids(tracker) == [0]
    assert not tracker.detection_due()


def test_reset_starts_ids_again() -> None:
    tracker = FaceTracker()
    _admit(tracker, LEFT)
    tracker.reset()
    _admit(tracker, RIGHT)

    assert _ids(tracker) == [0]


def test_a_forgotten_face_leaves_its_number_unused() -> None:
    tracker = FaceTracker()
    _admit(tracker, LEFT)
    tracker.forget()
    assert tracker.known == []
    _admit(tracker, LEFT)

    assert _ids(tracker) == [1]


@pytest.mark.parametrize("name", ["max_faces", "detect_every"])
def test_counts_below_one_are_usage_errors(name: str) -> None:
    with pytest.raises(UsageError, match=f"{name}=0"):
        TrackerSettings(**{name: 0})


def test_a_track_knows_how_far_its_face_was_from_where_it_was_looked_for() -> None:
    tracker = FaceTracker()
    _admit(tracker, LEFT, RIGHT)
    seen = [face_points(x=112, y=95, size=50), face_points(x=400, degrees=20)]
    _follow(tracker, 0.1, *seen)

    for track, before, now in zip(tracker.tracks, (LEFT, RIGHT), seen, strict=True):
        five = TOPOLOGY_49.five_points(np.stack([before, now]))
        assert track.moved == pytest.approx(face_distances(five[:1], five[1:])[0, 0], abs=1e-6)
    assert tracker.tracks[0].moved == pytest.approx(13 / 50)
