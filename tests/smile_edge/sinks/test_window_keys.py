"""The keys of the window, with OpenCV's own windows replaced."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from fake_world import face_of, face_points

from smile_edge.records import Frame, FrameResult
from smile_edge.sinks import WindowSink, window
from smile_edge.types import Image


class Keyboard:
    """Keys that are pressed one after the other, whenever the window looks; then none."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.keys: list[str | Callable[[], None]] = []
        self.shown: list[Image] = []
        self.flags = 0
        monkeypatch.setattr(window, "has_display", lambda: True)
        monkeypatch.setattr(cv2, "namedWindow", self._open)
        monkeypatch.setattr(cv2, "resizeWindow", lambda *_: None)
        monkeypatch.setattr(cv2, "imshow", lambda _, image: self.shown.append(image))
        monkeypatch.setattr(cv2, "waitKey", self._wait)
        monkeypatch.setattr(cv2, "getWindowProperty", lambda *_: 1.0)
        monkeypatch.setattr(cv2, "destroyWindow", lambda _: None)

    def _open(self, title: str, flags: int) -> None:
        self.flags = flags

    def _wait(self, _: int) -> int:
        key = self.keys.pop(0) if self.keys else ""
        if not isinstance(key, str):
            key()
            return -1
        return ord(key) if key else -1


@pytest.fixture
def keyboard(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Keyboard:
    monkeypatch.chdir(tmp_path)
    return Keyboard(monkeypatch)


def frame(level: int = 0, captured_s: float | None = None) -> Frame:
    """A picture that is bright at its left, and a little brighter as a whole."""
    image = np.full((240, 320, 3), level, np.uint8)
    image[100:140, :80] = 200
    return Frame(image, captured_s=captured_s)


RESULT = FrameResult("test", 0, 0.0, 320, 240)


def test_the_window_has_no_toolbar(keyboard: Keyboard) -> None:
    with WindowSink() as sink:
        sink.write(frame(), RESULT)
    assert keyboard.flags & cv2.WINDOW_GUI_NORMAL


def test_the_keys_are_named_at_its_start_and_not_for_ever(keyboard: Keyboard, monkeypatch: pytest.MonkeyPatch) -> None:
    with WindowSink() as sink:
        sink.write(frame(), RESULT)
        monkeypatch.setattr("smile_edge.sinks.window.time.monotonic", lambda: 1e12)
        sink.write(frame(), RESULT)
    assert keyboard.shown[0][200:].max() > 200
    assert keyboard.shown[1][200:].max() == 0


def test_m_mirrors_what_is_shown_and_back(keyboard: Keyboard) -> None:
    with WindowSink(draw=()) as sink:
        keyboard.keys = ["m", "", "M"]
        for _ in range(4):
            sink.write(frame(), RESULT)
    bright_at_left = [int(image[120, 10, 0]) == 200 for image in keyboard.shown]
    assert bright_at_left == [True, False, False, False, True, True]  # a key shows the frame once more


def test_a_mirrored_face_is_drawn_where_it_is_shown_and_its_number_is_readable(keyboard: Keyboard) -> None:
    face = face_of(face_points(80, 120, 40), id=7)
    plain = replace(frame(), image=np.zeros((240, 320, 3), np.uint8))
    result = replace(RESULT, faces=(face,))
    with WindowSink() as sink:
        keyboard.keys = ["m"]
        sink._said_until_s = -1.0
        sink.write(plain, result)
    first, mirrored = (image[:200] for image in keyboard.shown)
    assert np.nonzero(first.any((0, 2)))[0].mean() < 160 < np.nonzero(mirrored.any((0, 2)))[0].mean()
    assert not np.array_equal(first[:, ::-1], mirrored)  # but for the number they are the same
    assert np.array_equal(first[100:, ::-1], mirrored[100:])


def test_a_pause_holds_a_file_until_the_next_press(keyboard: Keyboard) -> None:
    with WindowSink() as sink:
        keyboard.keys = [" ", "", "", " "]
        sink.write(frame(10), RESULT)
        assert keyboard.keys == []
        assert sink.paused_s > 0
        sink.write(frame(20), RESULT)
    assert keyboard.shown[-1][100, 200, 0] == 20


def test_a_pause_lets_a_live_source_go_on_unseen(keyboard: Keyboard) -> None:
    with WindowSink() as sink:
        keyboard.keys = [" ", "", "", " "]
        for level in (10, 20, 30, 40, 50):
            sink.write(frame(level, captured_s=1.0), RESULT)
        assert sink.paused_s == 0
    assert [int(image[100, 200, 0]) for image in keyboard.shown] == [10, 10, 10, 50]


def test_a_paused_window_can_be_quit(keyboard: Keyboard) -> None:
    with WindowSink() as sink:
        keyboard.keys = [" ", "", "q"]
        sink.write(frame(), RESULT)
        assert sink.closed


def test_s_keeps_the_picture_as_it_is_drawn_under_a_new_name_each_time(keyboard: Keyboard, tmp_path: Path) -> None:
    result = replace(RESULT, faces=(face_of(face_points(200, 120, 40)),))
    with WindowSink() as sink:
        keyboard.keys = ["s", "s", "s"]
        for _ in range(3):
            sink.write(frame(), result)
    kept = [cv2.imread(str(path)) for path in sorted(tmp_path.glob("smile-edge-*.png"))]
    assert len(kept) == 3
    assert all(np.array_equal(image, kept[0]) for image in kept)  # and no line of text on it
    assert kept[0][60:, 160:].any()


def test_a_snapshot_that_cannot_be_written_is_no_end(
    keyboard: Keyboard, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with WindowSink() as sink:
        keyboard.keys = ["s"]
        sink.write(frame(), RESULT)
        assert not sink.closed
    assert not list(tmp_path.iterdir())
