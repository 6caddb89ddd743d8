"""The One-Euro filter: still faces rest, moving ones are not left behind."""

import numpy as np
import pytest
from fake_world import face_points

from smile_edge.tracking.smoother import OneEuroSmoother, SmoothingSettings

FPS = 30.0
SIZE = 40.0
FACE_WIDTH = 2.06 * SIZE


def _run(frames: list[np.ndarray], size: float = SIZE, fps: float = FPS) -> np.ndarray:
    smoother = OneEuroSmoother()
    return np.stack([_smooth(smoother, points, index / fps, size) for index, points in enumerate(frames)])


def _smooth(smoother: OneEuroSmoother, points: np.ndarray, time_s: float, size: float = SIZE) -> np.ndarray:
    """One face alone."""
    return smoother.smooth([0], points[None], [size], time_s)[0]


class _PlainFilter:
    """The filter of one face, written down as in the paper, in double precision."""

    def __init__(self) -> None:
        self.settings = SmoothingSettings()
        self.time_s = -np.inf

    def smooth(self, points: np.ndarray, size: float, time_s: float) -> np.ndarray:
        step, self.time_s = time_s - self.time_s, time_s
        points = points.astype(float)
        if not 0 < step <= self.settings.max_gap_s:
            self.raw = self.smoothed = points
            self.own, self.common = np.zeros_like(points), np.zeros(2)
            return points
        velocity = (points - self.raw) / step / size
        self.raw = points
        self.common = self._pass(self.common, velocity.mean(0), self.settings.common_cutoff_hz, step)
        self.own = self._pass(self.own, velocity - velocity.mean(0), self.settings.speed_cutoff_hz, step)
        speed = np.linalg.norm(self.own + self.common, axis=1, keepdims=True)
        cutoff = self.settings.min_cutoff_hz + self.settings.beta * speed
        self.smoothed = self._pass(self.smoothed, points, cutoff, step)
        return self.smoothed

    @staticmethod
    def _pass(before: np.ndarray, now: np.ndarray, cutoff_hz: float | np.ndarray, step_s: float) -> np.ndarray:
        weight = 1 / (1 + 1 / (2 * np.pi * cutoff_hz * step_s))
        return before + weight * (now - before)


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
    _smooth(smoother, face_points(), 0.0)

    np.testing.assert_array_equal(_smooth(smoother, face_points(x=300), time_s), face_points(x=300))


def test_reset_forgets() -> None:
    smoother = OneEuroSmoother()
    _smooth(smoother, face_points(), 0.0)
    smoother.reset()

    np.testing.assert_array_equal(_smooth(smoother, face_points(x=300), 1 / FPS), face_points(x=300))


def test_what_comes_out_is_the_callers_own() -> None:
    smoother = OneEuroSmoother()
    points = face_points()
    _smooth(smoother, points, 0.0)[:] = 0
    points[:] = 0

    assert _smooth(smoother, face_points(), 1 / FPS).mean() > 50


def test_faces_that_come_go_and_change_places_are_each_filtered_as_if_alone() -> None:
    rng = np.random.default_rng(0)
    sizes = {3: 20.0, 5: 40.0, 8: 90.0, 9: 0.5}
    smoother, alone = OneEuroSmoother(), {face: _PlainFilter() for face in sizes}
    # In turn: missed for less than the longest gap, for more, the others' order turned round, seen twice at one time.
    shown = [[3, 5], [3, 5, 8], [5], [5, 9], [8, 5, 3], [8, 5, 3], [3], *[[8]] * 9, [3, 8], [8, 3], [8, 3, 9], [9]]
    times = [index / FPS for index in range(len(shown))]
    times[-1] = times[-2]

    for faces, time_s in zip(shown, times, strict=True):
        points = np.stack([face_points(600 * time_s, 100, sizes[face]) for face in faces])
        points += rng.normal(scale=0.5, size=points.shape).astype(np.float32)
        found = smoother.smooth(faces, points, [sizes[face] for face in faces], time_s)

        expected = [
            alone[face].smooth(one, max(sizes[face], 1), time_s) for face, one in zip(faces, points, strict=True)
        ]
        np.testing.assert_allclose(found, expected, atol=1e-3)
