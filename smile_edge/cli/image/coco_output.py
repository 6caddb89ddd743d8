"""`--coco` of `image batch`."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from smile_edge.cli.image.output import BatchOutput
from smile_edge.errors import UsageError

if TYPE_CHECKING:
    from smile_edge.batch.stores.store import Store
    from smile_edge.cli.image.plan import Plan
    from smile_edge.sinks import Sink

__all__ = ["CocoOutput"]


class CocoOutput(BatchOutput):
    """A file that is written at the end, and a journal beside it."""

    goes_on = True

    def files(self) -> Sequence[str | Path]:
        return (self.target, self._journal)

    def beside(self) -> Sequence[Path]:
        from smile_edge.batch.stores.run_file import run_file_of

        return (run_file_of(self._journal),)

    def check(self, plan: "Plan") -> None:
        path = Path(self.target)
        if str(path) == "-" or (path.exists() and not path.is_file()):
            raise UsageError(f"{self.option} is written at the end, beside its journal: give it a file")
        lacks_journal = path.exists() and path.stat().st_size > 0 and not self._store().holds_something()
        if plan.request.existing.goes_on and lacks_journal:
            raise UsageError(
                f"--resume makes {path} of its journal, and there is no {self._journal.name}: name another file,"
                " or replace it with --overwrite"
            )

    def store(self, plan: "Plan") -> "Store":
        return self._store()

    def open(self, plan: "Plan") -> "Sink":
        from smile_edge.batch.stores.run_file import RecordedSink
        from smile_edge.cli.output_paths import check_unwritten
        from smile_edge.sinks.coco.sink import CocoSink

        goes_on = plan.request.existing.goes_on and self._store().holds_something()
        shard = plan.inputs.shard
        sink = CocoSink(self.target, append=goes_on, first_id=shard.number, id_step=shard.count)
        if goes_on:
            return sink
        if plan.request.existing.kept:
            try:
                check_unwritten(self.option, self._journal)  # now it is locked
            except BaseException:
                sink.close()
                raise
        return RecordedSink(sink, self._journal, plan.run)

    @property
    def _journal(self) -> Path:
        from smile_edge.sinks.coco.sink import journal_of

        return journal_of(Path(self.target))

    def _store(self) -> "Store":
        from smile_edge.batch.stores.text_store import TextStore

        return TextStore("jsonl", self._journal, option=self.option)
