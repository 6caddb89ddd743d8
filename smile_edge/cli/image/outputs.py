"""The outputs of `image batch`. A new one: a class like `TextOutput` in a file here, a row here, a parameter of the
command with the same name."""

from collections.abc import Mapping
from pathlib import Path

from smile_edge.cli.image.annotated_copies import AnnotatedCopies
from smile_edge.cli.image.coco_output import CocoOutput
from smile_edge.cli.image.face_crops import FaceCrops
from smile_edge.cli.image.output import BatchOutput
from smile_edge.cli.image.parquet_output import ParquetOutput
from smile_edge.cli.image.text_output import TextOutput
from smile_edge.errors import UsageError

__all__ = ["OUTPUTS", "outputs_of"]

OUTPUTS: dict[str, type[BatchOutput]] = {
    "crops": FaceCrops,
    "jsonl": TextOutput,
    "csv": TextOutput,
    "parquet": ParquetOutput,
    "coco": CocoOutput,
    "annotate": AnnotatedCopies,
}
"""By the names of their options, in the order in which they are opened and written. A run that goes on takes an image
for done that has a record, so its crops come first."""


def outputs_of(targets: Mapping[str, str | Path]) -> tuple[BatchOutput, ...]:
    """The outputs that were asked for.

    Raises:
        UsageError: there is none.
    """
    if not targets:
        raise UsageError(
            "nothing to write: give --jsonl PATH (or -), --csv PATH, --parquet DIR, --coco PATH, --annotate DIR or "
            "--crops DIR"
        )
    return tuple(row(kind, targets[kind]) for kind, row in OUTPUTS.items() if kind in targets)
