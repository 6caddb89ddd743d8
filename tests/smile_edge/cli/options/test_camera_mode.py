"""`--camera-mode`: which sources are asked for it, and for what."""

import pytest
from cli_runs import error_line, run_cli

from smile_edge.cli.options.camera_mode import with_camera_mode
from smile_edge.errors import UsageError
from smile_edge.sources import Source
from smile_edge.sources.spec import open_source

BY_ID = "/dev/v4l/by-id/usb-046d_HD_Pro-video-index0"


def test_every_camera_without_a_mode_of_its_own_is_asked() -> None:
    specs = ["0", "camera:2", BY_ID, "1?fps=15", "demo", "clip.mp4"]
    query = "?width=1280&height=720&fps=30&format=MJPG"
    assert with_camera_mode(specs, "1280x720@30:MJPG") == [
        *(f"{spec}{query}" for spec in specs[:3]),
        *specs[3:],
    ]
    assert with_camera_mode(["0"], "640x480") == ["0?width=640&height=480"]
    assert with_camera_mode(["0"], "640x480:yuyv") == ["0?width=640&height=480&format=yuyv"]
    assert with_camera_mode(["0"], None) == ["0"]
    assert with_camera_mode(["0", "/dev/stdin"], "640x480")[1] == "/dev/stdin"


@pytest.mark.parametrize(
    "mode", ["", "720p", "1280", "1280x", "0x0", "1280x720@", "1280x720@30:", "640x480:MJPEG", "٣x٣"]
)
def test_what_is_no_mode_is_told(mode: str) -> None:
    with pytest.raises(UsageError, match="1280x720@30:MJPG"):
        with_camera_mode(["0"], mode)


def test_a_mode_without_a_camera_is_told() -> None:
    assert "needs a camera" in error_line(run_cli("webcam", "--source", "demo", "--camera-mode", "640x480"))


def test_the_mode_and_the_lasting_path_reach_the_camera(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[object, dict[str, object]]] = []

    def opened(device: object, **options: object) -> Source:
        asked.append((device, options))
        raise UsageError("enough")

    monkeypatch.setattr("smile_edge.sources.spec.CameraSource", opened)
    for spec in with_camera_mode([BY_ID], "1280x720@30:mjpg"):
        with pytest.raises(UsageError, match="enough"):
            open_source(spec)
    ((device, options),) = asked
    assert device == BY_ID
    assert {"width": 1280, "height": 720, "fps": 30, "format": "MJPG"}.items() <= options.items()


@pytest.mark.parametrize("spec", ["0?format=", "0?format=JPEG2", "0?format=a%2Fbc"])
def test_a_format_that_is_no_code_is_told(spec: str) -> None:
    with pytest.raises(UsageError, match="code of four letters"):
        open_source(spec)
