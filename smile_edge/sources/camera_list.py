"""The cameras of this machine."""

import os
import platform
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

__all__ = ["FoundCamera", "list_cameras"]

_PROBED = 10
"""Numbers that are tried where the system has no list of cameras."""

_QUERY_CAPABILITIES = 0x80685600
"""VIDIOC_QUERYCAP of the Linux header videodev2.h; it fills 104 bytes, whose last but fourth word is `device_caps`."""

_CAPTURES = 0x00000001 | 0x00001000
"""V4L2_CAP_VIDEO_CAPTURE, and the same in several planes."""


@dataclass(frozen=True, slots=True)
class FoundCamera:
    """A camera, and what it may be called as a source."""

    number: int
    name: str
    """As the driver or the system has it; empty where it has none."""
    path: Path | None = None
    """Its device file, on Linux."""
    lasting_path: Path | None = None
    """A link to it that stays the same when cameras are plugged in another order, on Linux."""


def list_cameras(sys_root: Path = Path("/sys"), dev_root: Path = Path("/dev")) -> list[FoundCamera]:
    """The cameras found, by number: on Linux as the kernel lists them, elsewhere those that can be opened.

    Args:
        sys_root: where the kernel describes its devices.
        dev_root: where the device files are.
    """
    if platform.system() == "Linux":
        return _listed(sys_root / "class" / "video4linux", dev_root)
    return _probed(_opens)


def _listed(folder: Path, dev_root: Path) -> list[FoundCamera]:
    lasting = {link.resolve(): link for link in sorted((dev_root / "v4l" / "by-id").glob("*"), reverse=True)}
    cameras = []
    for entry in folder.glob("video*"):
        number, path = entry.name.removeprefix("video"), dev_root / entry.name
        if number.isdecimal() and _may_capture(path):
            cameras.append(FoundCamera(int(number), _text(entry / "name"), path, lasting.get(path.resolve())))
    return sorted(cameras, key=lambda camera: camera.number)


def _may_capture(path: Path) -> bool:
    """Whether a device gives pictures: most cameras have a second one for metadata. True where it does not say."""
    import fcntl

    answer = bytearray(104)
    try:
        device = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    except OSError:
        return True  # no permission, or in use: that is found out when it is opened
    try:
        fcntl.ioctl(device, _QUERY_CAPABILITIES, answer)
    except OSError:
        return True
    finally:
        os.close(device)
    return bool(struct.unpack_from("=I", answer, 88)[0] & _CAPTURES)


def _text(path: Path) -> str:
    try:
        return " ".join(path.read_text("utf-8", "replace").split())
    except OSError:
        return ""


def _probed(opens: Callable[[int], bool]) -> list[FoundCamera]:
    return [FoundCamera(number, "") for number in range(_PROBED) if opens(number)]


def _opens(number: int) -> bool:
    import cv2

    from smile_edge.imaging.native import hush_native_logs

    hush_native_logs()
    capture = cv2.VideoCapture(number)
    opened = capture.isOpened()
    capture.release()
    return opened
