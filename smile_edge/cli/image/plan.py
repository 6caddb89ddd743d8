"""What a run of `image batch` reads and writes, checked before any of it is touched."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from smile_edge.cli.image.output import BatchOutput
from smile_edge.cli.image.outputs import OUTPUTS, outputs_of
from smile_edge.cli.image.request import Existing, Request
from smile_edge.cli.options.batch_inputs import check_listed, inputs_of
from smile_edge.cli.options.run_control import run_of
from smile_edge.cli.output_paths import check_outputs
from smile_edge.errors import UsageError

if TYPE_CHECKING:
    from smile_edge.batch.inputs import Inputs

__all__ = ["Plan", "plan_of"]


@dataclass(frozen=True)
class Plan:
    """A run."""

    request: Request
    outputs: tuple[BatchOutput, ...]
    inputs: "Inputs"
    files: Sequence[Path]
    """All images, those of other shards too; none where they come out of a list."""
    note: str | None
    """What lay beside the images and is not read."""

    @cached_property
    def run(self) -> Mapping[str, Any]:
        """What decides the records; see `batch.stores.run_file`."""
        run = run_of(self.request.settings, self.inputs, self.request.named.max_pixels)
        if "crops" not in self.request.targets:
            return run
        pictures = self.request.pictures
        return {**run, "--crop-size": pictures.crop_px, "--crop-template": pictures.crop_template}

    @property
    def pictures(self) -> bool:
        """Whether pictures are written."""
        return any(output.needs_pictures for output in self.outputs)


def plan_of(request: Request) -> Plan:
    """Lists the images and checks that the run destroys nothing.

    Raises:
        SourceError: an image, folder or pattern leads nowhere.
        UsageError: options contradict each other, or an output is an input, another output, or exists.
    """
    outputs = outputs_of(request.targets)
    if request.pictures.hiding is not None and not any(output.needs_pictures for output in outputs):
        raise UsageError("--hide hides faces in pictures, and none is written: add --annotate DIR")
    if request.work.on_ray is not None:
        _check_ray(request.work.on_ray.address, outputs)
    _limit_pixels(request.named.max_pixels)
    if request.existing.goes_on:
        _check_resume(outputs, request.existing)
    if request.named.listed is not None:
        _check_listed(outputs)
    plan = _listed(request, outputs)
    _check_targets(plan)
    return plan


def _check_ray(address: str, outputs: Sequence[BatchOutput]) -> None:
    from smile_edge.batch.ray_data.cluster import check_address

    check_address(address)
    others = [output.option for output in outputs if output.kind != "parquet"]
    if others:
        raise UsageError(f"--ray writes --parquet DIR and nothing else: leave out {' and '.join(others)}, or --ray")


def _limit_pixels(most: int | None) -> None:
    """For this process and for those that it starts from now on."""
    from smile_edge.imaging.limits import set_max_pixels

    if most is not None:
        set_max_pixels(most)


def _check_resume(outputs: Sequence[BatchOutput], existing: Existing) -> None:
    if existing.overwrite:
        raise UsageError("--resume keeps what the outputs hold and --overwrite replaces it: give one of them")
    for output in outputs:
        if not output.goes_on:
            *most, last = (f"--{kind}" for kind, row in OUTPUTS.items() if row.goes_on)
            raise UsageError(
                f"--resume goes on with {', '.join(most)} and {last}, not with {output.option}: run without it"
            )
    if not any(output.tells_done for output in outputs):
        *most, last = (f"--{kind}" for kind, row in OUTPUTS.items() if row.goes_on and row.tells_done)
        raise UsageError(f"--resume needs an output that says which images are done: add {', '.join(most)} or {last}")


def _check_listed(outputs: Sequence[BatchOutput]) -> None:
    for output in outputs:
        if output.no_list is not None:
            raise UsageError(output.no_list)
    check_listed([Path(file) for output in outputs for file in output.files() if str(file) != "-"])


def _listed(request: Request, outputs: tuple[BatchOutput, ...]) -> Plan:
    named = request.named
    files: Sequence[Path] = []
    note = None
    if named.listed is None:
        from smile_edge.imaging.image_files import find_images

        listing = find_images(named.paths, recursive=named.recursive)
        files, note = listing.images, listing.note()
    return Plan(request, outputs, inputs_of(files, named.listed, named.shard), files, note)


def _check_targets(plan: Plan) -> None:
    request, listed = plan.request, plan.request.named.listed
    read: Sequence[str | Path] = plan.files if listed in (None, "-") else [listed]
    targets = [(output.option, file) for output in plan.outputs for file in output.files()]
    check_outputs(targets, read, models=request.models, overwrite=not request.existing.kept)
    beside = [(output.option, file) for output in plan.outputs for file in output.beside()]
    check_outputs([*targets, *beside], [] if listed in (None, "-") else [listed], models=request.models)
    for output in plan.outputs:
        output.check(plan)
