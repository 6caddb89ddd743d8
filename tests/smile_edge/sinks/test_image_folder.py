"""Folders of annotated copies: names that stay apart, inputs that stay whole."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from black_frames import FRAME, RESULT
from portrait_frames import BROKEN, PORTRAIT, frame_and_result

from smile_edge.errors import SinkError
from smile_edge.records import Frame
from smile_edge.sinks import ImageFolderSink


def test_a_copy_of_a_picture_from_above_stays_in_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    pictures = [Path("a.jpg"), Path("../a.jpg")]
    for picture in pictures:
        cv2.imwrite(str(picture), FRAME.image)
    before = [picture.read_bytes() for picture in pictures]

    with ImageFolderSink("out", pictures, pictures) as sink:
        for picture in pictures:
            sink.write(Frame(FRAME.image, source=str(picture)), RESULT)

    assert [picture.read_bytes() for picture in pictures] == before
    assert sorted(path.name for path in (here / "out").iterdir()) == ["a-2.jpg", "a.jpg"]


def test_a_copy_of_a_picture_too_wide_for_a_jpeg_is_smaller(tmp_path: Path) -> None:
    with ImageFolderSink(tmp_path) as sink:
        sink.write(Frame(np.zeros((4, 70_000, 3), np.uint8), source="wide.png"), RESULT)

    copy = cv2.imread(str(tmp_path / "wide.jpg"))
    assert copy is not None
    assert copy.shape == (3, 65_500, 3)


def test_a_folder_of_pictures_takes_no_input_into_itself(tmp_path: Path) -> None:
    with pytest.raises(SinkError, match="an input that would be overwritten"):
        ImageFolderSink(tmp_path, inputs=[tmp_path / "deep" / "a.jpg"])


def written(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_pictures_keep_their_relative_names_and_stay_apart(tmp_path: Path) -> None:
    photos, more = tmp_path / "photos", tmp_path / "more"
    (photos / "sub").mkdir(parents=True)
    more.mkdir()
    with ImageFolderSink(tmp_path / "out", [photos, more / "*.png"]) as sink:
        for path in (photos / "a.png", photos / "sub" / "a.webp", photos / "A.jpg", more / "a.png", tmp_path / "b.gif"):
            sink.write(*frame_and_result(source=str(path)))
        sink.write(*BROKEN)
    assert written(tmp_path / "out") == {"a.jpg", str(Path("sub/a.jpg")), "A-2.jpg", "a-3.jpg", "b.jpg"}
    assert cv2.imread(str(tmp_path / "out" / "a.jpg")).shape == PORTRAIT.shape


def test_frames_of_a_stream_are_numbered(tmp_path: Path) -> None:
    with ImageFolderSink(tmp_path) as sink:
        for index in (0, 12):
            sink.write(*frame_and_result(index, source="camera:0"))
    assert written(tmp_path) == {"camera_0_000000.jpg", "camera_0_000012.jpg"}


def test_input_pictures_are_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"the original")
    with pytest.raises(SinkError, match="would be overwritten"):
        ImageFolderSink(tmp_path, [tmp_path])
    with ImageFolderSink(tmp_path) as sink, pytest.raises(SinkError, match="would be overwritten"):
        sink.write(*frame_and_result(source=str(tmp_path / "a.jpg")))
    assert (tmp_path / "a.jpg").read_bytes() == b"the original"
