"""Outputs of a run as they are opened: each by itself, so that one that ends leaves the others running."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from smile_edge.cli.output_paths import check_unwritten
from smile_edge.errors import SinkError

if TYPE_CHECKING:
    from smile_edge.sinks import Sink

__all__ = ["open_file"]


def open_file(kind: str, target: str | Path, *, overwrite: bool, alone: bool, **options: Any) -> "Sink":
    """Opens an output that ends where its reader leaves.

    Args:
        kind: one of `sinks.spec.SINKS`.
        target: a file, or `-` for standard output.
        overwrite: a file that holds something may be replaced.
        alone: there is no other output. Where there are, they are written although standard output is closed.
        options: see `sinks.spec.open_sink`.

    Raises:
        SinkError: it cannot be written.
        UsageError: the file holds something: another run has written it since it was looked at.
    """
    from smile_edge.sinks.spec import open_sink
    from smile_edge.sinks.until_reader_leaves import NeverOpened, UntilReaderLeaves

    try:
        sink = open_sink(kind, target, **options)
    except SinkError as error:
        if str(target) != "-" or alone:
            raise
        return NeverOpened("standard output", error)
    if str(target) != "-" and not overwrite:
        try:
            check_unwritten(f"--{kind.replace('_', '-')}", Path(target))  # now it is locked
        except BaseException:
            sink.close()
            raise
    return UntilReaderLeaves(sink)
