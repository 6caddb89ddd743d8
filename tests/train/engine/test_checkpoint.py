"""Files that are replaced when they are whole. Needs TensorFlow."""

import pytest

pytestmark = pytest.mark.training
pytest.importorskip("keras", reason="needs the train extra")

from train.engine.checkpoint import replacing  # noqa: E402


def test_a_file_is_replaced_when_it_is_whole(tmp_path):
    path = tmp_path / "best.keras"
    path.write_text("old")

    def write_half() -> None:
        with replacing(path) as partial:
            partial.write_text("ne")
            raise OSError("full")

    with pytest.raises(OSError, match="full"):
        write_half()
    assert [(one.name, one.read_text()) for one in tmp_path.iterdir()] == [("best.keras", "old")]
