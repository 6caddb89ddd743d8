"""Outputs of a run as they are opened: each by itself, so that one that ends leaves the others running."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from smile_edge.cli.output_paths import check_unwritten
from smile_edge.errors import SinkError

if TYPE_CHECKING:
    from smile_edge.sinks import Sink

__all__ = ["continue_file", "open_file"]


def open_file(
    kind: str,
    target: str | Path,
    *,
    overwrite: bool,
    alone: bool,
    run: Mapping[str, Any] | None = None,
    **options: Any,
) -> "Sink":
    """Opens an output that ends where its reader leaves.

    Args:
        kind: one of `sinks.spec.SINKS`.
        target: a file, or `-` for standard output.
        overwrite: a file that holds something may be replaced.
        alone: there is no other output. Where there are, they are written although standard output is closed.
        run: what run it is of, for the file beside a regular file that says so; None for no such file.
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
    if run is not None and Path(target).is_file():
        from smile_edge.batch.stores.run_file import RecordedSink

        return RecordedSink(sink, Path(target), run)  # type: ignore[arg-type]
    return UntilReaderLeaves(sink)


def continue_file(kind: str, path: Path, run: Mapping[str, Any], *, expression: bool) -> "Sink":
    """Opens an output that goes on after what it holds.

    Args:
        kind: `jsonl` or `csv`.
        path: a regular file; one that is not there, or is empty, is begun.
        run: what run it is of.
        expression: whether rows of CSV end in the coefficients of the expression.

    Raises:
        SinkError: it cannot be written.
    """
    from smile_edge.batch.stores.run_file import RecordedSink
    from smile_edge.sinks import CsvSink, JsonlSink

    goes_on = path.exists() and path.stat().st_size > 0
    if kind == "csv":
        sink: JsonlSink | CsvSink = CsvSink(path, expression=expression, append=goes_on)
    else:
        sink = JsonlSink(path, append=goes_on)
    return sink if goes_on else RecordedSink(sink, path, run)
