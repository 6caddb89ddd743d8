"""`--annotate` of `image batch`."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from smile_edge.cli.image.output import BatchOutput
from smile_edge.cli.output_paths import check_copies

if TYPE_CHECKING:
    from smile_edge.cli.image.plan import Plan
    from smile_edge.sinks import Sink

__all__ = ["AnnotatedCopies"]


class AnnotatedCopies(BatchOutput):
    """A folder of copies that faces are drawn into."""

    needs_pictures = True
    no_list = "--annotate keeps the names of all images, so it takes PATH... and no --list"

    def files(self) -> Sequence[str | Path]:
        return ()

    def check(self, plan: "Plan") -> None:
        from smile_edge.sinks.image_folder import copies_of

        folder, request = Path(self.target), plan.request
        copies = copies_of(folder, request.named.paths, plan.files)
        check_copies(folder, copies, plan.files, models=request.models, overwrite=request.existing.overwrite)

    def open(self, plan: "Plan") -> "Sink":
        from smile_edge.sinks import ImageFolderSink

        request = plan.request
        return ImageFolderSink(
            self.target,
            roots=request.named.paths,
            inputs=plan.files,
            draw=request.pictures.drawn,
            overwrite=request.existing.overwrite,
        )
