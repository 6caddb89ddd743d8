"""Crops in, points out, through a session."""

import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from face_crops import CROP_PX, SCALE, five_of, ramp
from fake_world import face_points

from smile_edge.errors import ManifestMismatchError, UsageError
from smile_edge.geometry.affine import apply_affine, invert_affine
from smile_edge.geometry.face_roi import face_roi
from smile_edge.imaging.crops import cut_crops
from smile_edge.landmarks.landmarker import FLIP_TEST_SIGMA, MAX_BATCH, MOST_CANVAS_PX, FaceLandmarker, postprocess
from smile_edge.measures.expression import LEARNT
from smile_edge.runtime.manifest import ModelManifest, TensorSpec, find_models
from smile_edge.testing import FakeSession
from smile_edge.topology import TOPOLOGY_49


def _manifest(**changes: Any) -> ModelManifest:
    fields: dict[str, Any] = {
        "name": "landmarks",
        "task": "face-landmarks",
        "file": "landmarks.onnx",
        "sha256": "0" * 64,
        "opset": 17,
        "inputs": (),
        "outputs": (),
        "topology": TOPOLOGY_49.name,
        "licence": "Apache-2.0",
        "parameters": {"crop_px": CROP_PX, "crop_scale": SCALE},
    }
    return ModelManifest(**(fields | changes))


def _fixed(points: npt.NDArray[np.float32]) -> FakeSession:
    """A model that always finds `points` in the crop."""

    def outputs(feeds: Mapping[str, npt.NDArray[Any]]) -> dict[str, npt.NDArray[Any]]:
        count = len(feeds["crops"])
        assert feeds["crops"].shape == (count, 3, CROP_PX, CROP_PX)
        assert feeds["crops"].dtype == np.float32
        return {
            "points": np.broadcast_to(points, (count, 49, 2)),
            "sigma": np.full((count, 49), 2.0, np.float32),
            "face": np.linspace(0, 1, count, dtype=np.float32),
            "box": np.broadcast_to(np.float32([10, 20, 60, 70]), (count, 4)),
        }

    return FakeSession(outputs)


def test_what_was_found_stays_when_the_session_uses_its_arrays_again() -> None:
    class Reusing(FakeSession):
        def kept(self, feeds):
            outputs = self.run(feeds)

            def run():
                for value in outputs.values():
                    value += 1
                return outputs

            return run

    fixed = _fixed(face_points(x=47.5, y=47.5, size=36))
    session = Reusing(lambda feeds: {name: value.copy() for name, value in fixed.run(feeds).items()})
    landmarker = FaceLandmarker(_manifest(), session)
    first = landmarker.landmarks([(ramp(), five_of())])
    before = {name: getattr(first, name).copy() for name in ("points", "sigma", "presence", "box")}

    landmarker.landmarks([(ramp(), five_of())])

    for name, value in before.items():
        np.testing.assert_array_equal(getattr(first, name), value)


def test_frames_of_any_size_share_a_landmarker() -> None:
    rng = np.random.default_rng(0)
    frames = [rng.integers(1, 256, (*size, 3), np.uint8) for size in [(300, 400), (90, 400), (90, 90), (3000, 3200)]]
    # Each face hangs over the corner of the smallest frame.
    items = [(frame, five_of(x=85, y=82, size=15)) for frame in frames]
    together, alone = _fixed(face_points()), _fixed(face_points())
    landmarker = FaceLandmarker(_manifest(), together)

    for chosen in (items[1:2], items[:3], items):
        landmarker.landmarks(chosen)
        for item in chosen:
            FaceLandmarker(_manifest(), alone).landmarks([item])

        crops = np.concatenate([call["crops"] for call in alone.calls[-len(chosen) :]])
        np.testing.assert_array_equal(together.calls[-1]["crops"], crops)
    assert MOST_CANVAS_PX < 3000 * 3200


def test_points_come_back_to_the_frame_and_sigma_is_scaled_with_them() -> None:
    truth = face_points(x=150, y=90, size=50, degrees=70)
    out = np.empty((1, 3, CROP_PX, CROP_PX), np.float32)
    matrices = cut_crops([(ramp(), TOPOLOGY_49.five_points(truth))], CROP_PX, SCALE, out)
    crop_points = apply_affine(matrices, truth[None])
    box = np.array([[10.0, 20.0, 60.0, 70.0]])
    outputs = {"points": crop_points, "sigma": np.ones((1, 49)), "face": np.ones(1), "box": box}

    batch = postprocess(outputs, matrices)

    np.testing.assert_allclose(batch.points[0], truth, atol=1e-3)
    size = float(face_roi(TOPOLOGY_49.five_points(truth))[1])
    np.testing.assert_allclose(batch.sigma, SCALE * size / CROP_PX, rtol=1e-4)
    middle = apply_affine(invert_affine(matrices), [[[40.0, 55.0]]])[0, 0]
    np.testing.assert_allclose(batch.box[0, :2] + batch.box[0, 2:] / 2, middle, atol=1e-3)


def test_the_crop_lies_below_the_face_by_the_shift_of_the_manifest() -> None:
    middle = (CROP_PX - 1) / 2
    shifted = _manifest(parameters={"crop_px": CROP_PX, "crop_scale": SCALE, "crop_shift": 0.25})
    five = five_of(x=150, y=90, size=40)

    found = FaceLandmarker(shifted, _fixed(np.full((49, 2), middle, np.float32))).landmarks([(ramp(), five)])

    centre, size, _ = face_roi(five)
    np.testing.assert_allclose(found.points[0, 0], centre + np.array([0, 0.25 * size]), atol=1e-3)


def test_all_faces_go_through_the_session_in_one_run() -> None:
    session = _fixed(face_points(x=47.5, y=47.5, size=36))

    batch = FaceLandmarker(_manifest(), session).landmarks([(ramp(), five_of())] * 7)

    assert len(session.calls) == 1
    assert (batch.points.shape, batch.sigma.shape, batch.presence.shape) == ((7, 49, 2), (7, 49), (7,))
    assert batch.presence[-1] == 1


def test_the_second_pass_cuts_its_crop_from_the_first_ones_points() -> None:
    # The model finds the face 10 crop px right of the middle, each time it looks.
    session = _fixed(face_points(x=57.5, y=47.5, size=36))
    step_px = 10 * SCALE * 40 / CROP_PX

    once = FaceLandmarker(_manifest(), session).landmarks([(ramp(), five_of())])
    twice = FaceLandmarker(_manifest(), session).landmarks([(ramp(), five_of())], passes=2)

    assert len(session.calls) == 3
    assert once.points[0, :, 0].mean() == pytest.approx(face_points()[:, 0].mean() + step_px, abs=0.5)
    assert twice.points[0, :, 0].mean() == pytest.approx(face_points()[:, 0].mean() + 2 * step_px, abs=1.0)


def test_no_face_is_no_run() -> None:
    session = _fixed(face_points())

    batch = FaceLandmarker(_manifest(), session).landmarks([])

    assert session.calls == []
    assert (batch.points.shape, batch.sigma.shape, batch.presence.shape) == ((0, 49, 2), (0, 49), (0,))


def test_a_crowd_is_cut_into_bounded_runs() -> None:
    session = _fixed(face_points())

    batch = FaceLandmarker(_manifest(), session).landmarks([(ramp(), five_of())] * (MAX_BATCH + 3))

    assert len(batch) == MAX_BATCH + 3
    assert [len(call["crops"]) for call in session.calls] == [MAX_BATCH, 3]


def test_no_passes_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="passes=0"):
        FaceLandmarker(_manifest(), _fixed(face_points())).landmarks([], passes=0)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"parameters": {"crop_px": 96}}, "crop_scale"),
        ({"parameters": {"crop_px": "x", "crop_scale": 2.6}}, "wrong kind"),
        ({"topology": "other-5"}, "other-5"),
    ],
)
def test_a_manifest_of_another_model_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ManifestMismatchError, match=said):
        FaceLandmarker(_manifest(**changes), _fixed(face_points()))


def test_a_look_into_a_mirror_cancels_an_error_to_one_side() -> None:
    truth, error_px = face_points(x=50, y=47.5, size=36, degrees=10), 3.0
    aside = np.array([error_px, 0], np.float32)
    sigma = np.linspace(1, 3, 49, dtype=np.float32)

    def outputs(feeds: Mapping[str, npt.NDArray[Any]]) -> dict[str, npt.NDArray[Any]]:
        rows = []
        for crop in feeds["crops"]:
            straight = crop[0, 40, 60] > crop[0, 40, 30]  # blue grows with x
            points = truth if straight else TOPOLOGY_49.mirrored(truth, CROP_PX)
            own_sigma = sigma if straight else sigma[list(TOPOLOGY_49.flip)]
            left = 10.0 if straight else CROP_PX - 1 - 10.0 - 60.0
            rows.append((points + aside, own_sigma, 0.8 if straight else 0.4, [left + error_px, 20, 60, 70]))
        points, sigmas, faces, boxes = (np.array(column, np.float32) for column in zip(*rows, strict=True))
        return {"points": points, "sigma": sigmas, "face": faces, "box": boxes}

    session = FakeSession(outputs)
    landmarker = FaceLandmarker(_manifest(), session)
    five = five_of(x=160, y=120, size=30)
    scale = SCALE * 30 / CROP_PX  # image px of a crop px
    items = [(ramp(), five)] * 2

    plain, mirrored = landmarker.landmarks(items), landmarker.landmarks(items, flip_test=True)

    assert [len(call["crops"]) for call in session.calls] == [2, 4]
    np.testing.assert_allclose(mirrored.points, plain.points - [error_px * scale, 0], atol=1e-3)
    np.testing.assert_allclose(mirrored.box, plain.box - [error_px * scale, 0, 0, 0], atol=1e-3)
    np.testing.assert_allclose(mirrored.sigma, FLIP_TEST_SIGMA * plain.sigma, rtol=1e-5)
    np.testing.assert_allclose(mirrored.presence, 0.6)


def test_only_the_last_of_several_passes_looks_into_the_mirror() -> None:
    session = _fixed(face_points(x=47.5, y=47.5, size=36))

    FaceLandmarker(_manifest(), session).landmarks([(ramp(), five_of())], passes=2, flip_test=True)

    assert [len(call["crops"]) for call in session.calls] == [1, 2]


@pytest.mark.parametrize(("moved_px", "presence", "crops"), [(0, 1.0, 1), (1, 0.95, 1), (12, 1.0, 2), (0, 0.5, 2)])
def test_a_second_look_takes_the_first_for_one_of_its_two_where_that_was_sure_and_its_crop_lay_about_right(
    moved_px: float, presence: float, crops: int
) -> None:
    session = _fixed(face_points(x=47.5, y=47.5, size=36))
    landmarker = FaceLandmarker(_manifest(), session)
    items = [(ramp(), five_of(x=160, y=120, size=30))]
    first = replace(landmarker.landmarks(items), presence=np.full(1, presence, np.float32))

    landmarker.look_again(items, first, five_of(x=160 + moved_px, y=120, size=30)[None])

    assert [len(call["crops"]) for call in session.calls] == [1, crops]


def test_a_second_look_is_the_mean_of_the_first_and_of_one_in_a_mirror() -> None:
    truth = face_points(x=47.5, y=47.5, size=36, degrees=10)

    def outputs(feeds: Mapping[str, npt.NDArray[Any]]) -> dict[str, npt.NDArray[Any]]:
        straight = [crop[0, 40, 60] > crop[0, 40, 30] for crop in feeds["crops"]]  # blue grows with x
        points = [truth if one else TOPOLOGY_49.mirrored(truth, CROP_PX) for one in straight]
        return {
            "points": np.array(points, np.float32),
            "sigma": np.array([[2.0 if one else 4.0] * 49 for one in straight], np.float32),
            "face": np.array([1.0 if one else 0.2 for one in straight], np.float32),
            "box": np.float32([[10 if one else CROP_PX - 1 - 70, 20, 60, 70] for one in straight]),
        }

    landmarker = FaceLandmarker(_manifest(), FakeSession(outputs))
    near, far = five_of(x=160, y=120, size=30), five_of(x=100, y=120, size=30)
    items = [(ramp(), near), (ramp(), far)]
    first = landmarker.landmarks(items)
    again = landmarker.look_again(items, first, np.stack([near, near]))

    np.testing.assert_allclose(again.points, first.points, atol=1e-3)
    np.testing.assert_allclose(again.box, first.box, atol=1e-3)
    np.testing.assert_allclose(again.sigma, FLIP_TEST_SIGMA * 1.5 * first.sigma, rtol=1e-5)
    np.testing.assert_allclose(again.presence, 0.6)


def test_threads_that_share_a_landmarker_do_not_share_its_crops() -> None:
    together = threading.Barrier(2, timeout=60)

    def answer(feeds: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        together.wait()  # both have cut their crops, neither has been looked at
        level = feeds["crops"][:, 0, 48, 48]
        points = np.zeros((len(level), 49, 2), np.float32)
        return {"points": points, "sigma": points[..., 0], "face": level, "box": points[:, :4, 0]}

    manifest = ModelManifest.load(find_models() / "landmarks.json")
    landmarker = FaceLandmarker(manifest, FakeSession(answer))
    five = TOPOLOGY_49.five_points(face_points())
    images = [np.full((240, 320, 3), level, np.uint8) for level in (50, 150)]

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda image: landmarker.landmarks([(image, five)]).presence.tolist(), images))

    assert found == [[50], [150]]


def _expressive(visible: npt.NDArray[np.float32], expression: npt.NDArray[np.float32]) -> FakeSession:
    """`_fixed` with a model that says the same of the crop and of its mirror image."""
    fixed = _fixed(face_points(x=47.5, y=47.5, size=36))

    def outputs(feeds: Mapping[str, npt.NDArray[Any]]) -> dict[str, npt.NDArray[Any]]:
        count = len(feeds["crops"])
        shares = {"visible": visible, "expression": expression}
        return {
            **fixed.run(feeds),
            **{name: np.broadcast_to(value, (count, len(value))).copy() for name, value in shares.items()},
        }

    return FakeSession(outputs)


def test_what_is_covered_and_the_expression_come_with_the_points() -> None:
    visible, expression = np.linspace(0, 1, 49, dtype=np.float32), np.linspace(0, 1, 51, dtype=np.float32)
    landmarker = FaceLandmarker(_manifest(), _expressive(visible, expression))

    batch = landmarker.landmarks([(ramp(), five_of())] * 2, passes=2)

    np.testing.assert_array_equal(batch.visible, [visible] * 2)
    np.testing.assert_array_equal(batch.expression, [expression] * 2)


def test_a_mirror_image_says_of_the_left_what_the_face_says_of_the_right() -> None:
    visible, expression = np.zeros(49, np.float32), np.zeros(51, np.float32)
    visible[list(TOPOLOGY_49.groups["right_eye"])] = 1.0
    expression[LEARNT.index("eyeBlinkRight")] = 1.0
    landmarker = FaceLandmarker(_manifest(), _expressive(visible, expression))

    batch = landmarker.landmarks([(ramp(), five_of())], flip_test=True)

    assert batch.visible is not None
    assert batch.expression is not None
    for name in ("right_eye", "left_eye"):
        np.testing.assert_allclose(batch.visible[0, list(TOPOLOGY_49.groups[name])], 0.5)
    for name in ("eyeBlinkRight", "eyeBlinkLeft"):
        assert batch.expression[0, LEARNT.index(name)] == pytest.approx(0.5)
    assert batch.expression.sum() == pytest.approx(1.0)


def test_a_model_that_says_no_more_than_points_gives_no_more() -> None:
    landmarker = FaceLandmarker(_manifest(), _fixed(face_points(x=47.5, y=47.5, size=36)))
    for items in ([], [(ramp(), five_of())]):
        batch = landmarker.landmarks(items, flip_test=True)
        assert batch.visible is batch.expression is None
    assert "expression" not in landmarker.gives


def test_no_face_has_the_columns_that_the_model_gives() -> None:
    names = ("points", "sigma", "face", "box", "visible", "expression")
    manifest = _manifest(outputs=tuple(TensorSpec(name, "float32", ("n",)) for name in names))
    landmarker = FaceLandmarker(manifest, _fixed(face_points()))

    batch = landmarker.landmarks([])

    assert landmarker.gives == set(names)
    assert batch.visible is not None
    assert batch.expression is not None
    assert (batch.visible.shape, batch.expression.shape) == ((0, 49), (0, 51))
