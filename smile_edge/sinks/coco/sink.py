"""COCO key points of many images: a journal as they come, the file at the end."""

import os
from pathlib import Path

from smile_edge.errors import SinkError
from smile_edge.sinks.coco.file import write_coco
from smile_edge.sinks.jsonl import JsonlSink
from smile_edge.validation import check_paths

__all__ = ["CocoSink", "journal_of"]


def journal_of(path: Path) -> Path:
    """Where it is: `faces.json.journal.jsonl` beside `faces.json`."""
    return path.with_name(f"{path.name}.journal.jsonl") if path.name else path


class CocoSink(JsonlSink):
    """Writes records into a journal, and makes the file of it when all images have come.

    The journal stays, so that a run that was interrupted, or whose images are to be tried again, can go on.

    Example:
        >>> with CocoSink("faces.json") as sink:
        ...     for frame, result in process_images(paths, pipeline):
        ...         sink.write(frame, result)
        ...     sink.finish()
    """

    def __init__(self, path: str | Path, *, append: bool = False, first_id: int = 1, id_step: int = 1) -> None:
        """Opens the journal.

        Args:
            path: of the file, which goes when the first image of another run has come.
            append: the journal goes on after what it holds.
            first_id: see `write_coco`.
            id_step: see `write_coco`.

        Raises:
            UsageError: `path` is no path.
            SinkError: the journal cannot be written, or another run writes to it.
        """
        check_paths(path=path)
        self._path, self._journal = Path(path), journal_of(Path(path))
        self._ids = {"first_id": first_id, "id_step": id_step}
        self._written = False
        super().__init__(self._journal, append=append)

    def begin(self) -> None:
        """Empties the journal, unless that has been done, and takes away the file of another run."""
        if not self._started:
            Path(os.path.realpath(self._path)).unlink(missing_ok=True)
        super().begin()

    def finish(self) -> None:
        """Makes the file of the journal; of no image there is none.

        Raises:
            SinkError: it cannot be written. The journal stays.
            RecordError: an image was written twice.
        """
        try:
            if self._started:
                write_coco(self._journal, self._path, **self._ids)
        except SinkError as error:
            raise SinkError(f"{error}; --resume makes it of {self._journal}") from None
        self._written = True

    def notes(self) -> tuple[str, ...]:
        """Whether the file is still to come."""
        return () if self._written else (f"{self._path} comes once --resume has done the rest",)
