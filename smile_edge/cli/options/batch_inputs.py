"""Options of `image batch` that say which images it looks at."""

from typing import TYPE_CHECKING, Annotated

import typer

from smile_edge.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from smile_edge.batch.inputs import Inputs

__all__ = [
    "ListOption",
    "PathsArgument",
    "ShardOption",
    "WorkersOption",
    "check_listed",
    "inputs_of",
    "worker_count",
]

PathsArgument = Annotated[
    list[str] | None, typer.Argument(metavar="PATH", help="Images, folders or globs.", show_default=False)
]
ListOption = Annotated[
    str | None,
    typer.Option(
        "--list", metavar="FILE", help="Take the images from a list, a path a line or ended by NUL; - is stdin."
    ),
]
ShardOption = Annotated[
    str | None,
    typer.Option("--shard", metavar="K/N", help="Only the K-th of N shares of the images, one for each machine."),
]
WorkersOption = Annotated[
    int | None,
    typer.Option(
        "--workers",
        metavar="N",
        help="Workers, each for its own images: processes where that pays, or threads.",
        show_default="a usable core each, at most 8",
    ),
]
_MOST_WORKERS = 8


def worker_count(given: int | None) -> int:
    """How many workers there are to be."""
    from smile_edge.batch.cpus import usable_cpus

    return min(_MOST_WORKERS, usable_cpus()) if given is None else given


def check_listed(outputs: "Sequence[Path]") -> None:
    """Holds that no image of a list can be overwritten, as far as that shows before the list is read.

    Args:
        outputs: files that will be written.

    Raises:
        UsageError: one is an image.
    """
    from smile_edge.imaging.image_files import is_image_file

    for path in outputs:
        if path.is_file() and path.stat().st_size and is_image_file(path):
            raise UsageError(f"{path} is to be written and is an image, perhaps one of the list: name another file")


def inputs_of(files: "Sequence[Path]", listed: str | None, shard: str | None) -> "Inputs":
    """The images of a run.

    Raises:
        UsageError: the list cannot be read, or there is no such shard.
    """
    from smile_edge.batch.inputs import ALL, Inputs, Shard

    share = ALL if shard is None else Shard.parse(shard)
    return Inputs.of_files(files, share) if listed is None else Inputs.of_list(listed, share)
