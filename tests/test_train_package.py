"""The training package as others see it: its map, its public names, and a command line that starts without Keras."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import train

ROOT = Path(__file__).parent.parent


def test_every_module_is_on_the_map_and_the_map_names_no_other():
    entries = list((ROOT / "train").iterdir())
    modules = {path.stem for path in entries if path.suffix == ".py" or (path / "__init__.py").exists()}
    named = set(re.findall(r"`(\w+)`", train.__doc__ or ""))
    assert named == modules - {"__init__"}


@pytest.mark.parametrize("module", ["train.__main__", "train.compare", "train.compare.cli"])
def test_the_command_line_starts_without_keras(module):
    code = f"import {module}, sys; print([name for name in ('keras', 'tensorflow', 'cv2') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


@pytest.mark.training
def test_every_public_name_of_the_comparison_is_there():
    from train import compare

    for name in compare.__all__:
        assert getattr(compare, name) is not None
    with pytest.raises(AttributeError, match="nothing_like_that"):
        _ = compare.nothing_like_that
