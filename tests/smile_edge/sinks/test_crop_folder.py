"""Folders of aligned crops: their names, and what becomes of crops that are there."""

import errno
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from portrait_frames import BROKEN, frame_and_result

from smile_edge.errors import SinkError, UsageError
from smile_edge.records import Frame
from smile_edge.sinks import CropFolderSink
from smile_edge.sinks.crop_folder import crop_name


def written(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_each_face_is_a_picture_found_by_its_record(tmp_path: Path) -> None:
    frame, result = frame_and_result(7, faces=2, source="photos/deep/a.jpg")

    with CropFolderSink(tmp_path, 48, "ffhq") as sink:
        sink.write(frame, result)

    assert written(tmp_path) == {"photos/deep/a.jpg-7-0.png", "photos/deep/a.jpg-7-1.png"}
    for face in result.faces:
        crop = cv2.imread(str(tmp_path / crop_name(result.source, result.frame, face.id)))
        np.testing.assert_array_equal(crop, face.crop(frame.image, 48, "ffhq"))


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("a.jpg", "a.jpg-3-1.png"),
        ("/data/a.jpg", "data/a.jpg-3-1.png"),
        ("../b/../a.jpg", "__/b/__/a.jpg-3-1.png"),
        ("demo", "demo-3-1.png"),
        ("rtsp://camera/live", "rtsp:/camera/live-3-1.png"),
        ("..", "__-3-1.png"),
        ("/", "frame-3-1.png"),
    ],
)
def test_names_stay_below_the_folder(source: str, name: str) -> None:
    assert crop_name(source, 3, 1).as_posix() == name


def test_a_name_that_is_too_long_loses_its_end() -> None:
    name = crop_name("x/" + "é" * 126 + ".jpg", 1_000_000, 12).name

    assert len(name.encode()) <= 255
    assert name.endswith("é-1000000-12.png")


def test_no_two_faces_have_one_name() -> None:
    sources = ["a.jpg", "a.png", "A.jpg", "/a.jpg", "../a.jpg", "__/a.jpg", "b/a.jpg", "a.jpg-1"]

    names = {crop_name(source, frame, face) for frame, source in enumerate(sources) for face in range(20)}

    assert len({str(name).casefold() for name in names}) == 20 * len(sources)


def test_a_picture_with_an_error_or_without_faces_has_no_crop(tmp_path: Path) -> None:
    with CropFolderSink(tmp_path) as sink:
        sink.write(*BROKEN)
        sink.write(*frame_and_result(faces=0))

    assert written(tmp_path) == set()


def test_a_face_without_points_has_no_crop_and_the_others_have(tmp_path: Path) -> None:
    frame, result = frame_and_result(faces=2)
    first, second = result.faces
    result = replace(result, faces=(replace(first, points=np.full((70, 2), np.nan, np.float32)), second))

    with CropFolderSink(tmp_path) as sink:
        sink.write(frame, result)

    assert written(tmp_path) == {"demo-0-1.png"}


def test_a_picture_that_was_not_kept_is_read_once_more(tmp_path: Path) -> None:
    frame, result = frame_and_result(source=str(tmp_path / "a.png"))
    cv2.imwrite(frame.source, frame.image)
    empty = Frame(np.empty((0, 0, 3), np.uint8), source=frame.source)

    with CropFolderSink(tmp_path / "crops") as sink:
        sink.write(empty, result)
        (tmp_path / "a.png").unlink()
        sink.write(empty, replace(result, frame=1))  # it is gone

    assert len(written(tmp_path / "crops")) == 1


def test_a_crop_that_is_there_is_refused_without_overwrite(tmp_path: Path) -> None:
    frame, result = frame_and_result()
    with CropFolderSink(tmp_path) as sink:
        sink.write(frame, result)
    before = (tmp_path / "demo-0-0.png").read_bytes()

    with pytest.raises(SinkError, match="exists"), CropFolderSink(tmp_path, 8, overwrite=False) as sink:
        sink.write(frame, result)

    assert (tmp_path / "demo-0-0.png").read_bytes() == before


def test_crops_of_faces_that_are_no_longer_found_are_removed(tmp_path: Path) -> None:
    with CropFolderSink(tmp_path) as sink:
        for faces in (3, 1):
            sink.write(*frame_and_result(faces=faces))
        sink.write(*frame_and_result(1, faces=2))

    assert written(tmp_path) == {"demo-0-0.png", "demo-1-0.png", "demo-1-1.png"}


def test_a_folder_that_cannot_be_written_is_one_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(SinkError, match="cannot write into"):
        CropFolderSink(tmp_path / "file")

    with pytest.raises(SinkError, match="cannot write"), CropFolderSink(tmp_path) as sink:
        sink.write(*frame_and_result(source="file/a.jpg"))


def test_a_crop_that_cannot_be_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="size"):
        CropFolderSink(tmp_path / "crops", 0)

    assert not (tmp_path / "crops").exists()


def test_nothing_is_left_of_a_crop_that_found_no_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def half(path: Path, data: bytes) -> int:
        with path.open("wb") as file:
            file.write(data[: len(data) // 2])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", half)

    with CropFolderSink(tmp_path, 48) as sink, pytest.raises(SinkError, match="No space left"):
        sink.write(*frame_and_result(0, source="a.jpg"))

    assert written(tmp_path) == set()
