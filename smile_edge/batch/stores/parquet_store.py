"""Parquet parts read back, and rewritten without the images that are not kept."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from smile_edge.batch.stores.ledger import Ledger
from smile_edge.batch.stores.run_file import check_same_run
from smile_edge.errors import SinkError, UsageError
from smile_edge.records.names import unescaped_name
from smile_edge.sinks.parquet.folder import HeldFolder, PartFolder
from smile_edge.sinks.parquet.library import arrow, arrow_parquet
from smile_edge.sinks.parquet.part import PartFile
from smile_edge.sinks.parquet.schema import faces_schema, run_in

__all__ = ["ParquetStore"]

_Image = tuple[int, str, bool]
"""Number, path, and whether it failed."""

_Read = TypeVar("_Read")

_CURE = "name another folder, or replace the parts with --overwrite"


class ParquetStore:
    """A folder of parts; see `store.Store`.

    A part that cannot be read, since a machine that lost its power never wrote all of it, holds nothing.
    """

    def __init__(self, folder: Path, *, label: str = "", expression: bool = False) -> None:
        """Nothing is read yet.

        Args:
            folder: need not exist.
            label: see `PartFolder`.
            expression: whether parts have the column `expression`.
        """
        self._path, self._folder, self._expression = folder, PartFolder(folder, label), expression

    def holds_something(self) -> bool:
        return bool(self._parts())

    def check_run(self, run: Mapping[str, Any]) -> None:
        for part in self._parts():
            try:
                with _opened(part) as file:
                    if file is not None:
                        self._check_schema(part, file.schema_arrow, run)
            except OSError as error:
                raise UsageError(f"--parquet {part} cannot be read: {error.strerror}") from None

    def ledger(self) -> Ledger:
        ledger = Ledger()
        for part in self._parts():
            try:
                with _opened(part) as file:
                    for image in _images(file):
                        ledger.add(*image)
            except ValueError as error:
                raise UsageError(f"--resume: {part} is not what this command wrote ({error}): {_CURE}") from None
            except OSError as error:
                raise UsageError(f"--parquet {part} cannot be read: {error.strerror}") from None
        return ledger

    def keep(self, done: Ledger) -> None:
        if not self._path.exists():
            return
        held = HeldFolder(self._path)
        try:
            self._folder.clear(parts=False)
            for part in self._parts():
                self._keep(part, done)
            held.sync()
        except OSError as error:
            raise SinkError(f"cannot write into {self._path}: {error.strerror or error}; free some space") from None
        finally:
            held.release()

    def _parts(self) -> list[Path]:
        try:
            return self._folder.parts()
        except OSError as error:
            raise UsageError(f"--parquet {self._path} cannot be read: {error.strerror}") from None

    def _check_schema(self, part: Path, schema: Any, run: Mapping[str, Any]) -> None:
        known = run_in(schema)
        if known is None:
            raise UsageError(f"--resume: {part} is not what this command wrote: {_CURE}")
        check_same_run(part, known, run)
        if not schema.equals(faces_schema(expression=self._expression)):  # names and types
            raise UsageError(f"--resume: the columns of {part} are those of another version: {_CURE}")

    def _keep(self, part: Path, done: Ledger) -> None:
        with _opened(part) as file:
            images = _images(file)
            kept = {number for number, _, _ in images if done.holds(number)}
            new = _copied(part, file, kept) if kept and len(kept) < len(images) else None
        if new is not None:
            _finish(new)
        elif not kept:
            part.unlink()


@contextmanager
def _opened(part: Path) -> Iterator[Any]:
    """A part; None in its place where it is torn."""
    file = _unless_torn(lambda: arrow_parquet().ParquetFile(part))
    if file is None:
        yield None
        return
    with file:
        yield file


def _images(file: Any) -> list[_Image]:
    """The images of a part, whose rows stand together; none where it is torn."""
    return [] if file is None else _unless_torn(lambda: list(_read_images(file))) or []


def _read_images(file: Any) -> Iterator[_Image]:
    last = None
    for group in file.iter_batches(columns=["frame", "source", "error"]):
        columns = (group.column(name).to_pylist() for name in ("frame", "source", "error"))
        for number, source, error in zip(*columns, strict=True):
            if number != last:
                yield number, unescaped_name(source), error is not None
            last = number


def _unless_torn(read: Callable[[], _Read]) -> _Read | None:
    """What is read; None where pyarrow cannot make sense of the bytes, for which the system has no error number."""
    try:
        return read()
    except (arrow().ArrowException, OSError) as error:
        if getattr(error, "errno", None) is not None:
            raise
        return None


def _copied(part: Path, file: Any, kept: set[int]) -> PartFile:
    """The part without the others, not yet in its place."""
    new = PartFile(part, file.schema_arrow)
    try:
        for group in range(file.num_row_groups):
            table = file.read_row_group(group)
            wanted = [number in kept for number in table.column("frame").to_pylist()]
            if any(wanted):
                new.write(table.filter(arrow().array(wanted)))
    except BaseException:
        new.discard()
        raise
    return new


def _finish(new: PartFile) -> None:
    try:
        new.finish()
    except BaseException:
        new.discard()
        raise
