"""The cameras of a machine, from folders as Linux has them."""

from pathlib import Path

import pytest

from smile_edge.sources.camera_list import FoundCamera, _probed, list_cameras


@pytest.fixture
def _linux(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.system", lambda: "Linux")


def plug_in(root: Path, number: int, name: str, link: str | None = None) -> None:
    described = root / "sys" / "class" / "video4linux" / f"video{number}"
    described.mkdir(parents=True)
    (described / "name").write_text(f"{name}\n", "utf-8")
    device = root / "dev" / f"video{number}"
    device.parent.mkdir(exist_ok=True)
    device.touch()
    if link is not None:
        (root / "dev" / "v4l" / "by-id").mkdir(parents=True, exist_ok=True)
        (root / "dev" / "v4l" / "by-id" / link).symlink_to(device)


@pytest.mark.usefixtures("_linux")
def test_cameras_are_listed_by_number_with_their_lasting_links(tmp_path: Path) -> None:
    plug_in(tmp_path, 10, "Bench  camera")
    plug_in(tmp_path, 2, "HD Webcam", "usb-HD_Webcam-video-index0")
    dev = tmp_path / "dev"
    assert list_cameras(tmp_path / "sys", dev) == [
        FoundCamera(2, "HD Webcam", dev / "video2", dev / "v4l" / "by-id" / "usb-HD_Webcam-video-index0"),
        FoundCamera(10, "Bench camera", dev / "video10"),
    ]


@pytest.mark.usefixtures("_linux")
def test_a_device_for_metadata_is_no_camera(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fcntl = pytest.importorskip("fcntl")
    plug_in(tmp_path, 0, "HD Webcam")
    plug_in(tmp_path, 1, "HD Webcam")
    capabilities = iter((0x04200001, 0x04A00000))  # as a UVC camera and its metadata device have them

    def answer(device: int, request: int, filled: bytearray) -> int:
        filled[88:92] = next(capabilities).to_bytes(4, "little")
        return 0

    monkeypatch.setattr(fcntl, "ioctl", answer)
    assert len(list_cameras(tmp_path / "sys", tmp_path / "dev")) == 1


@pytest.mark.usefixtures("_linux")
def test_a_machine_without_cameras_has_an_empty_list(tmp_path: Path) -> None:
    assert list_cameras(tmp_path, tmp_path) == []


def test_elsewhere_the_first_ten_numbers_are_tried() -> None:
    tried: list[int] = []

    def opens(number: int) -> bool:
        tried.append(number)
        return number in (0, 3)

    assert _probed(opens) == [FoundCamera(0, ""), FoundCamera(3, "")]
    assert tried == list(range(10))
