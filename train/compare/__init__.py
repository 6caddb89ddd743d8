"""Networks side by side, each trained for the same time on the same images: `python -m train compare`.

Names are loaded on first use: the command line sets Keras up before anything imports it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from train.compare.comparison import MEAN_FACE, compare, split
    from train.compare.entries import Entry, parse_entries
    from train.compare.report import answers, table, write_report
    from train.compare.row import CLOCKS, Schedule, train_row

__all__ = [
    "CLOCKS",
    "MEAN_FACE",
    "Entry",
    "Schedule",
    "answers",
    "compare",
    "parse_entries",
    "split",
    "table",
    "train_row",
    "write_report",
]

_HOMES = {
    "CLOCKS": "row",
    "MEAN_FACE": "comparison",
    "Entry": "entries",
    "Schedule": "row",
    "answers": "report",
    "compare": "comparison",
    "parse_entries": "entries",
    "split": "comparison",
    "table": "report",
    "train_row": "row",
    "write_report": "report",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"train.compare.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'train.compare' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
