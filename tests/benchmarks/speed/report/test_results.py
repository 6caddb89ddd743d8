"""Files that hold no result are refused."""

import json

import pytest

pytest.importorskip("matplotlib", reason="needs matplotlib: pip install '.[train,dev]'")

from benchmarks.speed.report.results import read_results
from train.errors import DataError


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "No such file"), ("{", "no result"), ('{"rows": 3}', "no result"), ("[]", "no result"),
     (json.dumps({"rows": [], "schema": 9, "suite": "fps"}), "another version"),
     (json.dumps({"rows": [], "schema": 1, "suite": "speed"}), "there is no suite")],
)  # fmt: skip
def test_what_is_no_result_is_refused_by_name(tmp_path, content, said):
    path = tmp_path / "fps.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(DataError, match=said) as caught:
        read_results(path)
    assert str(path) in str(caught.value)
