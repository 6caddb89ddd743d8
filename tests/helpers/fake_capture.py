"""A capture device that is not there."""

import threading

import numpy as np

from smile_edge.types import Image

__all__ = ["PICTURE", "FakeCapture", "no_capture_threads"]

PICTURE: Image = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)


def no_capture_threads() -> bool:
    return not [thread for thread in threading.enumerate() if thread.name.startswith("capture")]


class FakeCapture:
    """A capture device that delivers some pictures and is then lost."""

    def __init__(self, pictures: int, *, opened: bool = True, properties: dict[int, float] | None = None) -> None:
        self.left, self.opened, self.released = pictures, opened, False
        self.properties = properties or {}
        self.asked: dict[int, float] = {}

    def isOpened(self) -> bool:
        return self.opened

    def read(self) -> tuple[bool, Image | None]:
        assert not self.released
        self.left -= 1
        return (True, PICTURE) if self.left >= 0 else (False, None)

    def get(self, propId: int, /) -> float:
        return self.properties.get(propId, 0.0)

    def set(self, propId: int, value: float, /) -> bool:
        self.asked[propId] = value
        return True

    def release(self) -> None:
        self.released = True
