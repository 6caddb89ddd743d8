"""A full disk ends in one error that says so, also when the file is closed."""

from pathlib import Path

import pytest
from black_frames import FRAME, RESULT

from smile_edge.errors import SinkError
from smile_edge.sinks import CsvSink, JsonlSink
from smile_edge.sinks.contact_sheet import ContactSheet

FULL = Path("/dev/full")

full_disk = pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full, which only Linux has")


@full_disk
@pytest.mark.parametrize("sink", [JsonlSink, CsvSink, ContactSheet])
def test_an_output_on_a_full_disk_is_one_sink_error(sink):
    with pytest.raises(SinkError, match="free some space"), sink(FULL) as output:
        output.write(FRAME, RESULT)
