"""`--parquet` of `image batch`."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from smile_edge.cli.image.output import BatchOutput
from smile_edge.cli.output_paths import check_folder, real_path
from smile_edge.errors import UsageError

if TYPE_CHECKING:
    from smile_edge.batch.stores.store import Store
    from smile_edge.cli.image.plan import Plan
    from smile_edge.sinks.parquet.sink import ParquetSink

__all__ = ["ParquetOutput"]


class ParquetOutput(BatchOutput):
    """A folder of Parquet parts, which holds nothing else."""

    goes_on = True

    def files(self) -> Sequence[str | Path]:
        return ()

    def check(self, plan: "Plan") -> None:
        from smile_edge.sinks.parquet.folder import PartFolder
        from smile_edge.sinks.parquet.library import arrow

        folder = Path(self.target)
        check_folder(self.option, folder, models=plan.request.models)
        for output in plan.outputs:
            if output is not self:
                self._check_apart(folder, output)
        parts = PartFolder(folder, _label(plan))
        other = parts.other()
        if other is not None:
            raise UsageError(f"{self.option} names {folder}, which holds {other}: name a folder of its own")
        if plan.request.existing.kept and parts.parts():
            raise UsageError(
                f"{self.option} names {folder}, which holds parts: name another folder,"
                " or replace them with --overwrite"
            )
        arrow()

    def store(self, plan: "Plan") -> "Store":
        from smile_edge.batch.stores.parquet_store import ParquetStore

        expression = bool(plan.request.settings["expression"])
        return ParquetStore(Path(self.target), label=_label(plan), expression=expression)

    def open(self, plan: "Plan") -> "ParquetSink":
        from smile_edge.sinks.parquet.sink import ParquetSink

        existing = plan.request.existing
        return ParquetSink(
            self.target,
            expression=bool(plan.request.settings["expression"]),
            run=plan.run,
            label=_label(plan),
            existing="append" if existing.goes_on else "replace" if existing.overwrite else "refuse",
        )

    def _check_apart(self, folder: Path, output: BatchOutput) -> None:
        whole = real_path(folder)
        for given in (output.target, *output.files(), *output.beside()):
            if str(given) != "-" and real_path(given).is_relative_to(whole):
                raise UsageError(
                    f"{output.option} names {given}, which is in the folder of {self.option}: name another place"
                )


def _label(plan: "Plan") -> str:
    """What parts of a shard are called, so that those of all shards may be gathered in one folder."""
    shard = plan.inputs.shard
    return "" if shard.count == 1 else f"{shard.number}of{shard.count}"
