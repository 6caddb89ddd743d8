"""Tables out of a cluster: each image once, and errors in one line."""

from pathlib import Path

import pytest

from smile_edge.batch.ray_data.tables import Returned, _in_one_line
from smile_edge.errors import ModelError, WorkerError

pa = pytest.importorskip("pyarrow", reason="the extra `parquet`")


def table_of(*numbers: int) -> "pa.Table":
    return pa.table({"frame": pa.array(numbers, pa.int64())})


def test_what_comes_twice_is_passed_over_and_what_is_missing_is_counted() -> None:
    returned = Returned()
    assert [number for number, _ in returned.sent((number, Path("x")) for number in (2, 5, 8))] == [2, 5, 8]

    assert returned.fresh(table_of(5, 5)).to_pydict() == {"frame": [5, 5]}
    assert returned.fresh(table_of(2, 5, 5)).to_pydict() == {"frame": [2]}
    assert returned.fresh(table_of(2)).num_rows == 0
    assert returned.missing == 1


def test_an_error_of_a_machine_is_said_without_what_ray_puts_around_it() -> None:
    cause = ModelError("No model here")
    outer = RuntimeError("ray::MapWorker()\n  File x\nModelError: No model here")
    outer.cause = cause  # type: ignore[attr-defined]
    wrapped = RuntimeError("user code failed")
    wrapped.__cause__ = outer

    assert _in_one_line(wrapped) is cause
    other = _in_one_line(OSError("a\nb"))
    assert (type(other), "\n" in str(other), "--resume" in str(other)) == (WorkerError, False, True)
