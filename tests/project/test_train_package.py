"""The training package as others see it: public names, and a command line that starts without Keras."""

import subprocess
import sys

import pytest
from repository import ROOT


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
