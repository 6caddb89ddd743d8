"""A full disk ends in one error that says so, also when the file is closed."""

from pathlib import Path

import numpy as np
import pytest

from smile_edge.errors import SinkError
from smile_edge.records import Frame, FrameResult
from smile_edge.sinks import CsvSink, JsonlSink, VideoSink
from smile_edge.sinks.contact_sheet import ContactSheet

FULL = Path("/dev/full")
FRAME, RESULT = Frame(np.zeros((48, 64, 3), np.uint8)), FrameResult("demo", 0, 0.0, 64, 48)

full_disk = pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full, which only Linux has")


@full_disk
@pytest.mark.parametrize("sink", [JsonlSink, CsvSink, ContactSheet])
def test_an_output_on_a_full_disk_is_one_sink_error(sink):
    with pytest.raises(SinkError, match="free some space"), sink(FULL) as output:
        output.write(FRAME, RESULT)


def test_a_video_that_was_cut_short_is_not_passed_over(tmp_path, monkeypatch):
    monkeypatch.setattr("smile_edge.sinks.video._readable", lambda path: False)
    with pytest.raises(SinkError, match="cut short"), VideoSink(tmp_path / "a.mp4", 30.0) as output:
        output.write(FRAME, RESULT)
