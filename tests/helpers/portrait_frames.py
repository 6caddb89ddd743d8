"""The portrait as a frame with its faces, and a video read back."""

from pathlib import Path

import cv2
import numpy as np
from fake_world import face_of

from smile_edge.geometry.boxes import box_from_points_xywh
from smile_edge.records import Face, Frame, FrameResult
from smile_edge.sources.demo import load_portrait

__all__ = ["BROKEN", "POINTS", "PORTRAIT", "face", "frame_and_result", "read_video"]

PORTRAIT, POINTS = load_portrait()


def face(number: int = 0) -> Face:
    return face_of(POINTS, 1.25, 0.98, box_from_points_xywh(POINTS, 0.2), number)


def frame_and_result(
    index: int = 0,
    faces: int = 1,
    source: str = "demo",
    *,
    captured_s: float | None = None,
    time_s: float | None = None,
) -> tuple[Frame, FrameResult]:
    time_s = index / 30 if time_s is None else time_s
    frame = Frame(PORTRAIT, index, time_s, source, captured_s)
    found = tuple(face(number) for number in range(faces))
    return frame, FrameResult(source, index, frame.time_s, 280, 280, found)


BROKEN = (Frame(np.empty((0, 0, 3), np.uint8), source="a.jpg"), FrameResult("a.jpg", 0, 0.0, 0, 0, error="empty"))


def read_video(path: Path) -> list[np.ndarray]:
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    frames = []
    while True:
        ok, image = capture.read()
        if not ok:
            capture.release()
            return frames
        frames.append(image)
