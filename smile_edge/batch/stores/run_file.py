"""What run an output is of: a small file beside it, so that no other run goes on with it."""

import contextlib
import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from smile_edge.errors import SinkError, UsageError
from smile_edge.records import Frame, FrameResult
from smile_edge.sinks.base import Sink
from smile_edge.sinks.text import TextSink

__all__ = ["RecordedSink", "check_run", "check_same_run", "digest_of_models", "run_file_of"]

_CURE = "name another output, or replace this one with --overwrite"


def run_file_of(output: Path) -> Path:
    """Where it is: `faces.jsonl.run.json` beside `faces.jsonl`."""
    return output.with_name(f"{output.name}.run.json")


def digest_of_models(folder: Path) -> str:
    """A digest of all manifests in a folder, which name the models by theirs."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.json")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def check_run(output: Path, run: Mapping[str, Any]) -> None:
    """Holds that an output is of this run.

    Args:
        output: it exists.
        run: what the run is: plain JSON.

    Raises:
        UsageError: it is of another, or nothing says of which.
    """
    path = run_file_of(output)
    try:
        known = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise UsageError(f"--resume: {output} has no {path.name} that says which run it is of: {_CURE}") from None
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"--resume: {path} cannot be read ({error}): {_CURE}") from None
    check_same_run(output, known, run)


def check_same_run(output: Path, known: Any, run: Mapping[str, Any]) -> None:
    """Holds that what is known of an output is of this run.

    Args:
        output: for the message.
        known: what was written of its run, read from JSON.
        run: see `check_run`.

    Raises:
        UsageError: it is of another.
    """
    known = known if isinstance(known, dict) else {}
    wanted = json.loads(json.dumps(run))
    for name in sorted({*wanted, *known}):
        if wanted.get(name) != known.get(name):
            was, now = (_told(each.get(name)) for each in (known, wanted))
            raise UsageError(f"--resume: {output} is of a run with other {name} (then {was}, now {now}): {_CURE}")


def _told(value: Any) -> str:
    """A value of an option in a message."""
    return "not given" if value is None else json.dumps(value)[:40]


class RecordedSink(Sink):
    """A text output, emptied before its first line, and beside it what run it is of.

    Killed at any moment, it never stands beside the file of another run: that one goes first, this one's comes once the
    output is empty.
    """

    needs_image = False

    def __init__(self, sink: TextSink, output: Path, run: Mapping[str, Any]) -> None:
        """Nothing is written yet.

        Args:
            sink: of the output.
            output: its path.
            run: see `check_run`.
        """
        self._sink, self._path, self._run, self.name = sink, run_file_of(output), dict(run), sink.name
        self._begun = False

    def write(self, frame: Frame, result: FrameResult) -> None:
        """Appends this frame; see the other sink for the errors."""
        if not self._begun:
            self._begin()
        self._sink.write(frame, result)

    def finish(self) -> None:
        """Completes the other sink."""
        self._sink.finish()

    def notes(self) -> tuple[str, ...]:
        """Those of the other sink."""
        return self._sink.notes()

    def close(self) -> None:
        """Closes the other sink."""
        self._sink.close()

    def _begin(self) -> None:
        new = self._path.with_name(f".{self._path.name}.new")
        try:
            self._path.unlink(missing_ok=True)
            self._sink.begin()
            new.write_text(json.dumps(self._run, indent=1) + "\n", "utf-8")
            os.replace(new, self._path)
        except OSError as error:
            with contextlib.suppress(OSError):
                new.unlink(missing_ok=True)
            raise SinkError(
                f"cannot write {self._path}: {error.strerror}; free some space or name another file"
            ) from None
        self._begun = True
