"""One Parquet file: under another name until it is whole."""

import contextlib
import os
from pathlib import Path
from typing import Any

from smile_edge.sinks.parquet.library import arrow_parquet

__all__ = ["PartFile"]

_REPEATED = ["source", "warning", "error"]
"""Columns with a dictionary of values. Numbers seldom repeat: a dictionary of theirs takes four times the time and
makes files larger by half."""


class PartFile:
    """A file that gets its name once all of it is on the disk; whoever is killed before leaves `.NAME.new`.

    Example:
        >>> part = PartFile(Path("faces/part-00000.parquet"), faces_schema())
        >>> part.write(faces_table(results))
        >>> part.finish()
    """

    def __init__(self, path: Path, schema: Any) -> None:
        """Begins it.

        Args:
            path: replaced at the end where it exists.
            schema: a `pyarrow.Schema`.

        Raises:
            OSError: it cannot be written.
            SinkError: pyarrow is not installed.
        """
        parquet = arrow_parquet()
        self._path, self._new = path, path.with_name(f".{path.name}.new")
        self._file = self._new.open("wb")
        try:
            self._writer = parquet.ParquetWriter(self._file, schema, compression="zstd", use_dictionary=_REPEATED)
        except BaseException:
            self._file.close()
            self._new.unlink(missing_ok=True)
            raise

    def write(self, table: Any) -> None:
        """Appends a row group.

        Raises:
            OSError: the disk is full, or the like; what remains is `discard`.
        """
        self._writer.write_table(table, row_group_size=max(1, table.num_rows))

    def finish(self) -> None:
        """Gives it its name. The folder is to be synced after that.

        Raises:
            OSError: as before.
        """
        self._writer.close()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        os.replace(self._new, self._path)

    def discard(self) -> None:
        """Nothing is left of it."""
        with contextlib.suppress(OSError, ValueError):  # what it still wants to write has no room either
            self._writer.close()
        with contextlib.suppress(OSError):
            self._file.close()
        self._new.unlink(missing_ok=True)
