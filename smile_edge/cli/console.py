"""What the commands share: option types, checks, one line that is drawn over and over on a terminal."""

import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from smile_edge.cli.interrupts import interruptible
from smile_edge.cli.options.completion import one_of
from smile_edge.cli.standard_streams import say
from smile_edge.errors import UsageError
from smile_edge.validation import check_counts

if TYPE_CHECKING:
    from smile_edge.runtime.report import ExecutionReport

__all__ = [
    "DrawOption",
    "ExpressionOption",
    "HfovOption",
    "HideMinScoreOption",
    "HideOption",
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
    "reason_to_tell",
    "require_positive",
    "what_to_draw",
    "what_to_hide",
]

ModelsOption = Annotated[
    Path | None,
    typer.Option("--models", metavar="DIR", help="Folder of models instead of the built-in ones."),
]
ProviderOption = Annotated[
    str,
    typer.Option(
        "--provider",
        metavar="auto|cpu|cuda|tensorrt",
        help="Where the models run; auto takes CUDA if it works.",
        autocompletion=one_of("auto", "cpu", "cuda", "tensorrt"),
    ),
]
PrecisionOption = Annotated[
    str,
    typer.Option(
        "--precision",
        metavar="auto|float32|int8",
        help="What the models compute in; auto takes int8 on a CPU where it is faster and as good.",
        autocompletion=one_of("auto", "float32", "int8"),
    ),
]
DrawOption = Annotated[
    list[str] | None,
    typer.Option(
        "--draw",
        metavar="points|axes|box|none",
        help="What is drawn of a face; repeat it for several.",
        show_default="points, box",
        autocompletion=one_of("points", "axes", "box", "none"),
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
HideOption = Annotated[
    str | None,
    typer.Option(
        "--hide",
        metavar="blur|pixelate|fill",
        help="Hide every head in all pictures that are shown or written; then only what --draw names is drawn.",
        show_default="nothing is hidden",
        autocompletion=one_of("blur", "pixelate", "fill"),
    ),
]
HideMinScoreOption = Annotated[
    float | None,
    typer.Option(
        "--hide-min-score",
        metavar="0..1",
        help="Score from which a head is hidden: lower hides more, also what is none. Records keep theirs.",
        show_default="0.09",
    ),
]
ExpressionOption = Annotated[
    bool,
    typer.Option(
        "--expression",
        help="Give the 52 ARKit coefficients of each face's expression as well, by a model that has them (--models).",
    ),
]
ThreadsOption = Annotated[
    int, typer.Option("--threads", metavar="N", help="CPU threads inside one model run, at most 256.")
]


def what_to_draw(values: Sequence[str] | None, *, hidden: bool = False) -> tuple[str, ...]:
    """What `--draw` names; where it was not given the default, which is nothing if faces are hidden.

    Raises:
        UsageError: one of the values is unknown, or `none` stands beside others.
    """
    known = ("points", "axes", "box")  # those of `imaging.draw`, which loads OpenCV
    if not values:
        return () if hidden else ("points", "box")
    for value in values:
        if value not in (*known, "none"):
            raise UsageError(f"--draw must be {', '.join(known)} or none. Received: {value!r}")
    if "none" in values:
        if len(set(values)) > 1:
            raise UsageError("--draw none stands alone. Received: " + ", ".join(values))
        return ()
    return tuple(dict.fromkeys(values))


def what_to_hide(mode: str | None, min_score: float | None) -> tuple[str, float] | None:
    """What `--hide` and `--hide-min-score` ask for: how, and from which score on; None for nothing.

    Raises:
        UsageError: there is no such way, no such score, or a score without a way.
    """
    if mode is None:
        if min_score is not None:
            raise UsageError("--hide-min-score needs --hide blur, pixelate or fill beside it")
        return None
    if mode not in ("blur", "pixelate", "fill"):  # those of `imaging.hide`, which loads OpenCV
        raise UsageError(f"--hide must be blur, pixelate or fill. Received: {mode!r}")
    if min_score is None:
        return mode, 0.09  # `pipeline.head_finder.HIDE_MIN_SCORE`
    if not 0 < min_score < 1:
        raise UsageError(f"--hide-min-score must lie between 0 and 1. Received: {min_score}")
    return mode, min_score


def require_positive(**values: int | None) -> None:
    """Holds that every count that was given is at least one.

    Raises:
        UsageError: it names the option.
    """
    check_counts(**{f"--{name.replace('_', '-')}": value for name, value in values.items()})


def provider_text(reports: "Mapping[str, ExecutionReport]") -> str:
    """`cpu`, or with the reason where more could be had, e.g. `cpu int8 (CUDA libraries are missing)`."""
    obtained = dict.fromkeys(obtained_text(report) for report in reports.values())
    reasons = dict.fromkeys(filter(None, map(reason_to_tell, reports.values())))
    text = "+".join(obtained) or "none"
    return f"{text} ({'; '.join(reasons)})" if reasons else text


def reason_to_tell(report: "ExecutionReport") -> str | None:
    """Why a model does not run on more, unless nobody would expect it to."""
    from smile_edge.runtime.providers import needs_no_telling

    return None if report.reason is None or needs_no_telling(report.wanted, report.reason) else report.reason


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
