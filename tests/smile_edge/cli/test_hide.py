"""`--hide`: no picture that is shown or written shows a face, and records stay as they are."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from av import open as open_container
from cli_runs import error_line, records_in, run_cli
from fake_world import World
from PIL import Image as PillowImage
from videos import sound_packets, write_with_sound

from smile_edge.cli.console import what_to_hide
from smile_edge.pipeline.head_finder import HIDE_MIN_SCORE
from smile_edge.records import Frame, FrameResult
from smile_edge.sinks.video import VideoSink
from smile_edge.types import Image

FACE = np.s_[90:150, 130:190]
"""Where the world's face is, inside the head."""


def checks(path: Path, frames: int = 12) -> Path:
    """A clip of fine checks, 320x240: any blur makes them grey."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 30, (320, 240))
    for _ in range(frames):
        writer.write(_checks())
    writer.release()
    return path


def _checks() -> Image:
    rows, columns = np.indices((240, 320)) // 4
    return np.repeat(((rows + columns) % 2 * 200 + 20).astype(np.uint8)[..., None], 3, -1)


def contrast(image: Image) -> float:
    return float(image.astype(float).std())


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("mode", ["blur", "pixelate", "fill"])
def test_every_picture_output_gets_hidden_faces_and_nothing_drawn(mode: str, tmp_path: Path) -> None:
    out, sheet = tmp_path / "out.avi", tmp_path / "out.png"

    result = run_cli(
        *("webcam", "--source", checks(tmp_path / "clip.avi"), "--no-show", "--hide", mode),
        *("--video", out, "--contact-sheet", sheet, "--jsonl", "-"),
    )

    assert result.exit_code == 0, result.output
    assert [len(record["faces"]) for record in records_in(result.stdout)] == [1] * 12
    video = cv2.VideoCapture(str(out))
    frames = [image for ok, image in iter(video.read, (False, None)) if ok]
    assert len(frames) == 12
    assert max(contrast(image[FACE]) for image in frames) < 25 < 80 < contrast(_checks()[FACE])
    assert min(contrast(image[:40]) for image in frames) > 80
    cell = cv2.imread(str(sheet))[:300, :400]
    assert contrast(cell[112:187, 162:237]) < 25


@pytest.mark.usefixtures("world")
def test_the_window_gets_hidden_faces_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Image] = []
    monkeypatch.setattr("smile_edge.sinks.window.has_display", lambda: True)
    monkeypatch.setattr("smile_edge.sinks.WindowSink.write", lambda self, frame, result: shown.append(frame.image))
    monkeypatch.setattr("smile_edge.sinks.WindowSink.hold", lambda *_: None)

    result = run_cli("webcam", "--source", checks(tmp_path / "clip.avi", 4), "--show", "--hide", "fill")

    assert result.exit_code == 0, result.output
    assert len(shown) == 4
    assert all(contrast(image[FACE]) == 0 for image in shown)


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("sources", [1, 2])
def test_no_output_ever_holds_a_picture_that_was_not_hidden(
    sources: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[Image] = []

    def taking(write: Callable[[object, Frame, FrameResult], None]) -> Callable[[object, Frame, FrameResult], None]:
        return lambda self, frame, result: (taken.append(frame.image), write(self, frame, result))[1]

    monkeypatch.setattr(VideoSink, "write", taking(VideoSink.write))
    monkeypatch.setattr("smile_edge.sinks.jsonl.JsonlSink.write", taking(lambda *_: None))
    clip = checks(tmp_path / "clip.avi", 6)

    result = run_cli(
        *("webcam", *(["--source", clip] * sources), "--no-show", "--hide", "fill"),
        *("--video", tmp_path / "o.mp4", "--jsonl", tmp_path / "o.jsonl"),
    )

    assert result.exit_code == 0, result.output
    assert len(taken) == 12 * sources
    assert all(not image.size or contrast(image[FACE]) == 0 for image in taken)


def test_frames_before_the_first_detection_are_hidden(world: World, tmp_path: Path) -> None:
    calls = 0

    def late(index: int) -> bool:
        nonlocal calls
        calls += 1
        return calls < 15

    world.hidden = late
    out = tmp_path / "out.avi"

    assert (
        run_cli(
            *("webcam", "--source", checks(tmp_path / "clip.avi", 15), "--no-show", "--hide", "fill", "--video", out)
        ).exit_code
        == 0
    )
    video = cv2.VideoCapture(str(out))
    assert contrast(video.read()[1][FACE]) < 25


@pytest.mark.usefixtures("world")
def test_drawing_is_there_where_it_is_asked_for(tmp_path: Path) -> None:
    out = tmp_path / "out.avi"
    clip = checks(tmp_path / "clip.avi", 3)
    run_cli("webcam", "--source", clip, "--no-show", "--hide", "fill", "--draw", "points", "--video", out)
    image = cv2.VideoCapture(str(out)).read()[1]
    assert contrast(image[FACE]) > 25


@pytest.mark.usefixtures("world")
def test_the_sound_is_kept_and_the_metadata_of_the_source_is_not(tmp_path: Path) -> None:
    plain, told, out = (tmp_path / name for name in ("plain.mp4", "told.mp4", "out.mp4"))
    write_with_sound(plain, "aac", frames=30)
    with open_container(str(plain)) as source, open_container(str(told), "w") as target:
        target.metadata.update({"title": "whose", "location": "+47.0000+008.0000/"})
        copies = {stream.index: target.add_stream_from_template(stream) for stream in source.streams}
        for copy in copies.values():
            copy.metadata["handler_name"] = "whose"
        for packet in source.demux():
            if packet.dts is not None:
                packet.stream = copies[packet.stream.index]
                target.mux(packet)
    assert b"whose" in told.read_bytes()

    assert run_cli("webcam", "--source", told, "--no-show", "--hide", "blur", "--video", out).exit_code == 0

    assert sound_packets(out)
    assert not [word for word in (b"whose", b"+47.0") if word in out.read_bytes()]


@pytest.mark.usefixtures("world")
def test_annotated_images_are_hidden_and_tell_nothing_of_the_camera(tmp_path: Path) -> None:
    photo, out = tmp_path / "photo.jpg", tmp_path / "out"
    exif = PillowImage.Exif()
    exif[0x010F] = "MakerOfCameras"
    exif.get_ifd(0x8825)[1] = "N"
    PillowImage.fromarray(_checks()).save(photo, exif=exif)
    assert b"MakerOfCameras" in photo.read_bytes()

    result = run_cli("image", "batch", photo, "--annotate", out, "--hide", "pixelate", "--jsonl", "-")

    assert result.exit_code == 0, result.output
    written = out / "photo.jpg"
    assert contrast(cv2.imread(str(written))[FACE]) < 25
    assert b"MakerOfCameras" not in written.read_bytes()
    with PillowImage.open(written) as kept:
        assert not kept.getexif()
    assert len(records_in(result.stdout)[0]["faces"]) == 1


@pytest.mark.usefixtures("world")
def test_a_picture_that_is_too_large_to_be_kept_is_hidden_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("smile_edge.cli.image.work.LARGEST_PICTURE_PX", 100)
    cv2.imwrite(str(tmp_path / "photo.png"), _checks())

    result = run_cli("image", "batch", tmp_path / "photo.png", "--annotate", tmp_path / "out", "--hide", "fill")

    assert result.exit_code == 0, result.output
    assert contrast(cv2.imread(str(tmp_path / "out" / "photo.jpg"))[FACE]) < 25


@pytest.mark.usefixtures("world")
def test_an_image_whose_faces_cannot_be_hidden_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise MemoryError("no room")

    monkeypatch.setattr("smile_edge.pipeline.head_finder.hide_heads", fail)
    cv2.imwrite(str(tmp_path / "photo.png"), _checks())

    result = run_cli(
        *("image", "batch", tmp_path / "photo.png", "--annotate", tmp_path / "out", "--hide", "blur", "--jsonl", "-")
    )

    assert result.exit_code == 1
    assert "could not be hidden" in records_in(result.stdout)[0]["error"]
    assert not list((tmp_path / "out").iterdir())


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--hide", "smear"), "blur, pixelate or fill"),
        (("--hide", "blur", "--hide-min-score", "2"), "between 0 and 1"),
        (("--hide-min-score", "0.2"), "needs --hide"),
    ],
)
def test_options_that_cannot_be_are_one_line(options: tuple[str, ...], words: str, tmp_path: Path) -> None:
    assert words in error_line(run_cli("webcam", "--source", "demo", "--no-show", *options))
    cv2.imwrite(str(tmp_path / "photo.png"), _checks())
    batch = ("image", "batch", tmp_path / "photo.png", "--annotate", tmp_path / "out")
    assert words in error_line(run_cli(*batch, *options))


def test_the_score_that_help_names_is_the_one_that_ships() -> None:
    assert what_to_hide("fill", None) == ("fill", HIDE_MIN_SCORE)


def test_hiding_without_a_picture_is_told_for_images(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "photo.png"), _checks())
    assert "--annotate" in error_line(
        run_cli("image", "batch", tmp_path / "photo.png", "--jsonl", "-", "--hide", "blur")
    )
