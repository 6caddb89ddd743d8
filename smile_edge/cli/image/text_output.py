"""`--jsonl` and `--csv` of `image batch`."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from smile_edge.cli.image.output import BatchOutput
from smile_edge.errors import UsageError

if TYPE_CHECKING:
    from smile_edge.batch.stores.store import Store
    from smile_edge.cli.image.plan import Plan
    from smile_edge.sinks import Sink

__all__ = ["TextOutput"]


class TextOutput(BatchOutput):
    """Lines in a file, or on standard output."""

    goes_on = True

    def files(self) -> Sequence[str | Path]:
        return (self.target,)

    def beside(self) -> Sequence[Path]:
        from smile_edge.batch.stores.run_file import run_file_of

        path = Path(self.target)
        return () if str(path) == "-" or not path.name else (run_file_of(path),)

    def check(self, plan: "Plan") -> None:
        path = Path(self.target)
        if plan.request.existing.goes_on and (str(path) == "-" or (path.exists() and not path.is_file())):
            raise UsageError(f"--resume reads back what the outputs hold: give {self.option} a file")

    def store(self, plan: "Plan") -> "Store":
        from smile_edge.batch.stores.text_store import TextStore

        return TextStore(self.kind, Path(self.target))

    def open(self, plan: "Plan") -> "Sink":
        from smile_edge.cli.output_sinks import continue_file, open_file

        request = plan.request
        expression = bool(request.settings["expression"])
        if request.existing.goes_on:
            return continue_file(self.kind, Path(self.target), plan.run, expression=expression)
        alone = len(plan.outputs) == 1
        return open_file(
            self.kind,
            self.target,
            overwrite=request.existing.overwrite,
            alone=alone,
            expression=expression,
            run=plan.run,
        )
