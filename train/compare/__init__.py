"""Networks side by side, each trained for the same time on the same images: `python -m train compare`."""

from typing import TYPE_CHECKING

from smile_edge.lazy import lazy_names

if TYPE_CHECKING:
    from train.compare.comparison import MEAN_FACE, compare, split
    from train.compare.entries import Entry, parse_entries
    from train.compare.report import answers, reasons, table, write_report
    from train.compare.row import CLOCKS, Schedule, train_row

__all__ = [
    "CLOCKS",
    "MEAN_FACE",
    "Entry",
    "Schedule",
    "answers",
    "compare",
    "parse_entries",
    "reasons",
    "split",
    "table",
    "train_row",
    "write_report",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "CLOCKS": "train.compare.row",
        "MEAN_FACE": "train.compare.comparison",
        "Entry": "train.compare.entries",
        "Schedule": "train.compare.row",
        "answers": "train.compare.report",
        "compare": "train.compare.comparison",
        "parse_entries": "train.compare.entries",
        "reasons": "train.compare.report",
        "split": "train.compare.comparison",
        "table": "train.compare.report",
        "train_row": "train.compare.row",
        "write_report": "train.compare.report",
    },
)
