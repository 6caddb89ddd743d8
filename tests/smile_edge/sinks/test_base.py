"""What holds of every sink."""

from pathlib import Path

import pytest
from black_frames import FRAME, RESULT
from portrait_frames import frame_and_result, read_video

from smile_edge.errors import SinkError
from smile_edge.sinks import CsvSink, ImageFolderSink, JsonlSink, Sink, VideoSink
from smile_edge.sinks.contact_sheet import ContactSheet


@pytest.mark.parametrize(
    ("kind", "name"),
    [(JsonlSink, "x.jsonl"), (CsvSink, "x.csv"), (VideoSink, "x.avi"), (ContactSheet, "x.png")],
)
def test_a_file_stays_as_it_was_until_there_is_a_frame(tmp_path: Path, kind: type, name: str) -> None:
    path, fresh = tmp_path / name, tmp_path / f"new-{name}"
    path.write_bytes(b"earlier")
    for target in (path, fresh):
        kind(target).close()
    assert path.read_bytes() == b"earlier"
    assert not fresh.exists()

    with kind(path) as sink:
        sink.write(FRAME, RESULT)
    assert not path.read_bytes().startswith(b"earlier")
    assert path.stat().st_size > 50


@pytest.mark.parametrize(
    ("kind", "name"), [(JsonlSink, "out.jsonl"), (CsvSink, "out.csv"), (VideoSink, "out.mp4"), (ImageFolderSink, "out")]
)
def test_an_output_that_cannot_be_written_fails_before_any_work(
    tmp_path: Path, kind: type[JsonlSink | CsvSink | VideoSink | ImageFolderSink], name: str
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SinkError, match="cannot write") as caught:
        kind(tmp_path / "file" / name)
    assert "\n" not in str(caught.value)


def test_every_sink_may_be_closed_twice(tmp_path: Path) -> None:
    sinks: list[Sink] = [
        JsonlSink(tmp_path / "a.jsonl"),
        CsvSink(tmp_path / "a.csv"),
        VideoSink(tmp_path / "a.mp4"),
        ImageFolderSink(tmp_path / "a"),
    ]
    for sink in sinks:
        sink.write(*frame_and_result())
        sink.close()
        sink.close()
    assert len(read_video(tmp_path / "a.mp4")) == 1
