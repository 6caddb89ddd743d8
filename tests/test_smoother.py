"""The One-Euro filter: still faces rest, moving ones are not left behind."""

import numpy as np
import pytest
from fake_world import face_points

from smile_edge.smoother import OneEuroSmoother

FPS = 30.0
SIZE = 40.0
FACE_WIDTH = 2.06 * SIZE


def _run(frames: list[np.ndarray], size: float = SIZE, fps: float = FPS) -> np.ndarray:
    smoother = OneEuroSmoother()
    return np.stack([smoother.smooth(points, size, index / fps) for index, points in enumerate(frames)])


def test_jitter_of_a_still_face_falls_to_a_third() -> None:
    noise = np.random.default_rng(0).normal(scale=0.01 * SIZE, size=(150, 49, 2)).astype(np.float32)

    smoothed = _run([face_points(size=SIZE) + one for one in noise])

    jitter = np.diff(smoothed[30:], axis=0).std() / np.diff(noise[30:], axis=0).std()
    assert jitter < 1 / 3


def test_a_face_moving_its_own_width_a_second_lags_less_than_a_frame() -> None:
    step = FACE_WIDTH / FPS
    path = [face_points(x=100 + step * index, size=SIZE) for index in range(60)]

    smoothed = _run(path)

    lag_px = (path[-1] - smoothed[-1])[:, 0].mean()
    assert 0 <= lag_px < step


def test_the_result_does_not_depend_on_the_size_of_the_face() -> None:
    shapes = [face_points(0, 0, 1.0, degrees=3 * index) for index in range(20)]

    small, large = _run([40 * s for s in shapes], 40), _run([200 * s for s in shapes], 200)

    np.testing.assert_allclose(large, 5 * small, rtol=1e-4, atol=1e-2)


def test_the_result_turns_with_the_face() -> None:
    path = [face_points(10.0 * index, 50) for index in range(20)]

    sideways = _run([points[:, ::-1] for points in path])

    np.testing.assert_allclose(sideways[..., ::-1], _run(path), atol=1e-4)


def test_the_first_points_pass_unchanged() -> None:
    np.testing.assert_array_equal(_run([face_points()])[0], face_points())


@pytest.mark.parametrize("time_s", [0.0, -1.0, 5.0], ids=["same time", "backwards", "long gap"])
def test_a_time_that_does_not_follow_starts_afresh(time_s: float) -> None:
    smoother = OneEuroSmoother()
    smoother.smooth(face_points(), SIZE, 0.0)

    np.testing.assert_array_equal(smoother.smooth(face_points(x=300), SIZE, time_s), face_points(x=300))


def test_reset_forgets() -> None:
    smoother = OneEuroSmoother()
    smoother.smooth(face_points(), SIZE, 0.0)
    smoother.reset()

    np.testing.assert_array_equal(smoother.smooth(face_points(x=300), SIZE, 1 / FPS), face_points(x=300))


def test_what_comes_out_is_the_callers_own() -> None:
    smoother = OneEuroSmoother()
    points = face_points()
    smoother.smooth(points, SIZE, 0.0)[:] = 0
    points[:] = 0

    assert smoother.smooth(face_points(), SIZE, 1 / FPS).mean() > 50
