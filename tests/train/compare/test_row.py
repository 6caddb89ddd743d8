"""One row of a comparison: resuming, clocks. Needs TensorFlow."""

import json
from dataclasses import replace

import numpy as np
import pytest

pytestmark = pytest.mark.training
pytest.importorskip("keras", reason="needs the train extra")

from train.compare import CLOCKS, Schedule, parse_entries, split, train_row  # noqa: E402
from train.errors import DataError  # noqa: E402


def test_a_finished_row_is_kept_on_resuming_and_other_data_are_refused(run, faces):
    results, entries, out, schedule = run
    resumed = replace(schedule, resume=True)
    training, held = split(faces)
    row = train_row(entries[0], training, held, held, out / entries[0].folder, resumed)
    assert row == json.loads(json.dumps(results["rows"][1]))
    with pytest.raises(DataError, match="with other batch"):
        train_row(entries[0], training, held, held, out / entries[0].folder, replace(resumed, batch=4))


def test_a_busy_machine_does_not_take_processor_time_away(faces, tmp_path, monkeypatch):
    """On the processor's clock a program that only waits has all its steps left."""
    training, held = split(faces)
    (entry,) = parse_entries(["smile"], ["mse"], ["none"])
    monkeypatch.setitem(CLOCKS, "processor", iter(np.arange(0, 1e6, 0.01)).__next__)
    row = train_row(entry, training, held, held, tmp_path, Schedule(minutes=0.01, clock="processor", batch=8))
    assert row["history"][-1]["step"] == pytest.approx(60, abs=2)
