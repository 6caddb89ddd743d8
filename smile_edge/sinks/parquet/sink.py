"""A folder of Parquet parts, each whole or not there."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

from smile_edge.errors import SinkError, UsageError
from smile_edge.records import Frame, FrameResult
from smile_edge.sinks.base import Sink
from smile_edge.sinks.parquet.counts import counts_of
from smile_edge.sinks.parquet.folder import HeldFolder, PartFolder
from smile_edge.sinks.parquet.library import arrow
from smile_edge.sinks.parquet.part import PartFile
from smile_edge.sinks.parquet.schema import faces_schema
from smile_edge.sinks.parquet.table import faces_table
from smile_edge.validation import check_paths

__all__ = ["ParquetSink"]

Existing = Literal["refuse", "replace", "append"]

IMAGES_A_PART = 5_000
"""Images after which a part is whole: a million make 200 files of some megabytes, and a run that is killed repeats at
most so many."""
PART_S = 600.0
"""Seconds after which a part is whole although it holds fewer: what a killed run repeats where images are slow."""
_ROWS_A_GROUP = 4_096
"""Rows that are held in memory, with 70 points each about 16 MB."""


class ParquetSink(Sink):
    """One row a face, and one for an image without any, in the columns of `docs/columns.md`.

    Example:
        >>> with ParquetSink("faces") as sink:
        ...     for frame, result in process_images(paths, pipeline):
        ...         sink.write(frame, result)
        >>> pandas.read_parquet("faces")
    """

    needs_image = False

    def __init__(
        self,
        folder: str | Path,
        *,
        expression: bool = False,
        run: Mapping[str, Any] | None = None,
        label: str = "",
        existing: Existing = "refuse",
    ) -> None:
        """Makes the folder where it is not there.

        Args:
            folder: holds nothing else.
            expression: with the column `expression`.
            run: what run the faces are of, plain JSON; each part says it.
            label: see `PartFolder`.
            existing: what becomes of parts that are there: `refuse`, `replace` them when the first rows are written,
                or `append` to them.

        Raises:
            SinkError: it cannot be written, another run writes to it, or pyarrow is not installed.
            UsageError: it holds parts that are not to be touched, or something else.
        """
        check_paths(folder=folder)
        if existing not in ("refuse", "replace", "append"):
            raise UsageError(f"existing must be refuse, replace or append. Received: existing={existing!r}")
        self.name = str(folder)
        self._schema = faces_schema(expression=expression, run=run)
        self._expression, self._run = expression, run
        self._folder = PartFolder(Path(folder), label)
        self._replaces = existing == "replace"
        self._held = HeldFolder(Path(folder))
        self._part: PartFile | None = None
        self._waiting: list[FrameResult] = []
        self._tables: list[Any] = []
        self._rows = self._images = 0
        self._began_s = 0.0
        try:
            self._check(existing == "refuse")
        except BaseException:
            self._held.release()
            raise

    def write(self, frame: Frame, result: FrameResult) -> None:
        """Takes the rows of this image.

        Raises:
            SinkError: the disk is full, or the like. Parts that are whole stay.
        """
        self._waiting.append(result)
        self._count(max(1, len(result.faces)), 1)

    def write_table(self, table: Any) -> None:
        """Takes rows that are a table already.

        Args:
            table: of `faces_table`, with all rows of each of its images.

        Raises:
            SinkError: as before.
        """
        self._tables.append(table.cast(self._schema))
        self._count(table.num_rows, counts_of(table).images)

    def finish(self) -> None:
        """Completes the last part; see `write` for the errors."""
        if self._images:
            self._in_one_line(self._flush)
            self._in_one_line(self._finish_part)

    def close(self) -> None:
        """Completes the last part, of an interrupted run too; see `write` for the errors."""
        try:
            self.finish()
        finally:
            self._held.release()

    def _count(self, rows: int, images: int) -> None:
        """Writes what waits once it is much."""
        if not self._images:
            self._began_s = time.monotonic()
        self._rows, self._images = self._rows + rows, self._images + images
        whole = self._images >= IMAGES_A_PART or time.monotonic() - self._began_s >= PART_S
        if whole or self._rows >= _ROWS_A_GROUP:
            self._in_one_line(self._flush)
        if whole:
            self._in_one_line(self._finish_part)

    def _check(self, refuse: bool) -> None:
        other = self._folder.other()
        if other is not None:
            raise UsageError(f"{self.name} holds {other}, which is no part of this output: name a folder of its own")
        if refuse and self._folder.parts():
            raise UsageError(f"{self.name} holds parts: name another folder, or replace them with --overwrite")

    def _flush(self) -> None:
        """Writes a row group."""
        if self._part is None:
            self._folder.clear(parts=self._replaces)
            self._replaces = False
            self._part = PartFile(self._folder.next(), self._schema)
        waiting, tables = self._waiting, self._tables
        self._waiting, self._tables, self._rows = [], [], 0
        if waiting:
            tables = [*tables, faces_table(waiting, expression=self._expression, run=self._run)]
        if tables:
            self._part.write(arrow().concat_tables(tables))

    def _finish_part(self) -> None:
        if self._part is not None:
            self._part.finish()
            self._held.sync()
        self._part, self._images = None, 0

    def _in_one_line(self, step: Callable[[], None]) -> None:
        try:
            step()
        except OSError as error:
            self._give_up()
            reason = error.strerror or error
            raise SinkError(
                f"cannot write into {self.name}: {reason}; free some space or name another folder"
            ) from None
        except BaseException:
            self._give_up()
            raise

    def _give_up(self) -> None:
        part, self._part = self._part, None
        self._waiting, self._tables = [], []
        self._rows = self._images = 0
        if part is not None:
            part.discard()
