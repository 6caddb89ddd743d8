"""`--camera-mode`: what is asked of every camera of a run."""

import re
from collections.abc import Sequence
from typing import Annotated

import typer

from smile_edge.errors import UsageError

__all__ = ["CameraModeOption", "with_camera_mode"]

CameraModeOption = Annotated[
    str | None,
    typer.Option(
        "--camera-mode",
        metavar="WIDTHxHEIGHT[@FPS][:FORMAT]",
        help="Ask each camera for this mode, e.g. 1280x720@30:MJPG; it may choose its nearest.",
        show_default="the camera's own",
    ),
]

_NO_CAMERAS = ("/dev/std", "/dev/fd/", "/dev/shm/")
_MODE = re.compile(r"([1-9]\d{0,4})[xX]([1-9]\d{0,4})(?:@([1-9]\d{0,3}))?(?::([A-Za-z0-9]{4}))?", re.ASCII)


def with_camera_mode(specs: Sequence[str], mode: str | None) -> list[str]:
    """The sources with the mode asked of those that are cameras and have none of their own.

    Args:
        specs: as the user named them.
        mode: such as `1280x720@30:MJPG`; None asks for nothing.

    Raises:
        UsageError: it is no mode, or none of the sources is a camera.
    """
    if mode is None:
        return list(specs)
    found = _MODE.fullmatch(mode)
    if found is None:
        raise UsageError(
            f"--camera-mode must be WIDTHxHEIGHT, perhaps with @FPS and :FORMAT (four letters), as in 1280x720@30:MJPG."
            f" Received: {mode!r}"
        )
    if not any(map(_is_camera, specs)):
        raise UsageError("--camera-mode needs a camera as --source: a number or a path below /dev")
    asked = zip(("width", "height", "fps", "format"), found.groups(), strict=True)
    query = "&".join(f"{key}={value}" for key, value in asked if value)
    return [f"{spec}?{query}" if _is_camera(spec) and "?" not in spec else spec for spec in specs]


def _is_camera(spec: str) -> bool:
    base = spec.partition("?")[0]
    number = base.removeprefix("camera:")
    if number.isascii() and number.isdigit():
        return True
    return base.startswith("/dev/") and not base.startswith(_NO_CAMERAS)
