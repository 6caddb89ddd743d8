"""`bench`: a table, or JSON."""

import json

import pytest
from cli_runs import run_cli


@pytest.mark.usefixtures("world")
def test_bench_prints_a_table_or_json() -> None:
    table, as_json = run_cli("bench", "--frames", 3), run_cli("bench", "--frames", 3, "--json")

    stages = [timing["stage"] for timing in json.loads(as_json.stdout)["timings"]]
    assert stages == [
        "detector", "landmarks x1", "landmarks x2", "landmarks x4", "landmarks x8",
        "tracker + smoother", "pipeline, each image alone", "pipeline, tracked",
    ]  # fmt: skip
    assert all(stage in table.stdout for stage in stages)
