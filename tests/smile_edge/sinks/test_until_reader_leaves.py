"""An output ends when its reader leaves; one that was never open says so when the others are written."""

import pytest
from gates import Open, record

from smile_edge.errors import SinkError
from smile_edge.sinks.until_reader_leaves import NeverOpened, UntilReaderLeaves


def test_a_reader_that_leaves_closes_the_output_and_nothing_is_raised() -> None:
    gone = Open(error=BrokenPipeError())
    with UntilReaderLeaves(gone) as output:
        assert not output.closed
        output.write(*record(0))
        assert output.closed
        gone.error = SinkError("written to once more")
        output.write(*record(1))
    assert gone.closes == 1


def test_other_errors_come_out() -> None:
    with UntilReaderLeaves(Open(error=SinkError("full"))) as output, pytest.raises(SinkError, match="full"):
        output.write(*record(0))


def test_an_output_that_was_never_open_says_why_once() -> None:
    output = NeverOpened("standard output", SinkError("it is closed"))
    output.write(*record(0))
    with pytest.raises(SinkError, match="it is closed"):
        output.close()
    output.close()
