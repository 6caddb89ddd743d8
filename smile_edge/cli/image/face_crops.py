"""`--crops` of `image batch`."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from smile_edge.cli.image.output import BatchOutput
from smile_edge.cli.output_paths import check_copies, real_path
from smile_edge.errors import UsageError

if TYPE_CHECKING:
    from smile_edge.cli.image.plan import Plan
    from smile_edge.sinks import Sink

__all__ = ["FaceCrops"]


class FaceCrops(BatchOutput):
    """A folder of aligned faces. A run goes on with it: what is written again is the same."""

    goes_on = True
    tells_done = False
    needs_pictures = True

    def files(self) -> Sequence[str | Path]:
        return ()

    def check(self, plan: "Plan") -> None:
        from smile_edge.sinks.crop_folder import crop_name

        folder, request = Path(self.target), plan.request
        if request.pictures.hiding is not None:
            raise UsageError("--crops writes the faces that --hide hides: give one of the two")
        whole = real_path(folder)
        if inside := next((path for path in plan.files if real_path(path).is_relative_to(whole)), None):
            raise UsageError(f"--crops names {folder}, which holds the input {inside}: name another folder")
        # Which faces there are will be known later; where there are any, there is the first.
        first = [folder / crop_name(str(path), index, 0) for index, path in enumerate(plan.files)]
        check_copies(
            folder, first, plan.files, models=request.models, overwrite=not request.existing.kept, option=self.option
        )

    def open(self, plan: "Plan") -> "Sink":
        from smile_edge.sinks import CropFolderSink

        pictures = plan.request.pictures
        overwrite = not plan.request.existing.kept
        return CropFolderSink(self.target, pictures.crop_px, pictures.crop_template, overwrite=overwrite)
