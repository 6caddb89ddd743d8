"""What the commands share: option types, checks, one line that is drawn over and over on a terminal."""

import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from smile_edge.cli.interrupts import interruptible
from smile_edge.cli.standard_streams import say
from smile_edge.errors import UsageError
from smile_edge.validation import check_counts

if TYPE_CHECKING:
    from smile_edge.runtime.report import ExecutionReport

__all__ = [
    "DrawOption",
    "HfovOption",
    "LiveLine",
    "MaxPixelsOption",
    "ModelsOption",
    "OverwriteOption",
    "PrecisionOption",
    "ProviderOption",
    "ThreadsOption",
    "interruptible",
    "obtained_text",
    "provider_text",
    "require_positive",
    "what_to_draw",
]

ModelsOption = Annotated[
    Path | None,
    typer.Option("--models", metavar="DIR", help="Folder of models instead of the built-in ones."),
]
ProviderOption = Annotated[
    str,
    typer.Option(
        "--provider", metavar="auto|cpu|cuda|tensorrt", help="Where the models run; auto takes CUDA if it works."
    ),
]
PrecisionOption = Annotated[
    str,
    typer.Option(
        "--precision",
        metavar="auto|float32|int8",
        help="What the models compute in; auto takes int8 on a CPU where it is faster and as good.",
    ),
]
DrawOption = Annotated[
    list[str] | None,
    typer.Option(
        "--draw",
        metavar="points|axes|box|none",
        help="What is drawn of a face; repeat it for several.",
        show_default="points, box",
    ),
]
HfovOption = Annotated[
    float | None,
    typer.Option(
        "--hfov", metavar="DEGREES", help="Horizontal field of view of the camera: translations are in mm then."
    ),
]
OverwriteOption = Annotated[
    bool, typer.Option("--overwrite", help="Replace outputs that exist; without it they are refused.")
]
MaxPixelsOption = Annotated[
    int | None,
    typer.Option(
        "--max-pixels",
        metavar="N",
        help="Refuse an image or frame of more pixels before it is decoded, and any that takes more memory.",
        show_default="200000000",
    ),
]
ThreadsOption = Annotated[
    int, typer.Option("--threads", metavar="N", help="CPU threads inside one model run, at most 256.")
]


def what_to_draw(values: Sequence[str] | None) -> tuple[str, ...]:
    """What `--draw` names; the default where it was not given.

    Raises:
        UsageError: one of the values is unknown, or `none` stands beside others.
    """
    known = ("points", "axes", "box")  # those of `imaging.draw`, which loads OpenCV
    if not values:
        return ("points", "box")
    for value in values:
        if value not in (*known, "none"):
            raise UsageError(f"--draw must be {', '.join(known)} or none. Received: {value!r}")
    if "none" in values:
        if len(set(values)) > 1:
            raise UsageError("--draw none stands alone. Received: " + ", ".join(values))
        return ()
    return tuple(dict.fromkeys(values))


def require_positive(**values: int | None) -> None:
    """Holds that every count that was given is at least one.

    Raises:
        UsageError: it names the option.
    """
    check_counts(**{f"--{name.replace('_', '-')}": value for name, value in values.items()})


def provider_text(reports: "Mapping[str, ExecutionReport]") -> str:
    """`cpu`, or with the reason where more was wished for, e.g. `cpu int8 (no NVIDIA driver ...)`."""
    obtained = dict.fromkeys(obtained_text(report) for report in reports.values())
    reasons = dict.fromkeys(report.reason for report in reports.values() if report.reason)
    text = "+".join(obtained) or "none"
    return f"{text} ({'; '.join(reasons)})" if reasons else text


def obtained_text(report: "ExecutionReport") -> str:
    """The provider, and the precision where it is not float32: `cpu int8`."""
    return report.obtained if report.precision == "float32" else f"{report.obtained} {report.precision}"


class LiveLine:
    """A line on standard error that is redrawn in place twice a second; silent where that is no terminal."""

    def __init__(self, period_s: float = 0.5) -> None:
        self.live = sys.stderr is not None and not sys.stderr.closed and sys.stderr.isatty()
        self._period_s = period_s
        self._next_s = time.monotonic() + period_s

    def due(self) -> bool:
        """Whether it is time to draw again; ask before making the text."""
        return self.live and time.monotonic() >= self._next_s

    def draw(self, text: str) -> None:
        """Replaces the line; what the terminal has no room for is cut off, since the next could not replace it."""
        self._next_s = time.monotonic() + self._period_s
        text = text[: shutil.get_terminal_size().columns - 1]
        say(f"\r{text}\x1b[K" if self.live else f"\r{text}", end="")

    def finish(self, text: str) -> None:
        """Ends with a line that stays, on a terminal or not."""
        say(f"\r\x1b[K{text}" if self.live else text)
