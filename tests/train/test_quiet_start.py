"""Trainings start without TensorFlow's lines. Needs TensorFlow."""

import os
import subprocess
import sys

import pytest
from repository import ROOT

pytestmark = pytest.mark.training
pytest.importorskip("tensorflow", reason="needs the train extra")


def ran(code: str) -> subprocess.CompletedProcess[str]:
    """The code in a process of its own, as a user has it: nothing hides a GPU, nothing sets a log level."""
    environment = {
        key: value for key, value in os.environ.items() if key not in ("CUDA_VISIBLE_DEVICES", "TF_CPP_MIN_LOG_LEVEL")
    }
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


def test_keras_is_prepared_without_a_line():
    code = "from train.engine.keras_setup import prepare; prepare(1); import keras; print(keras.ops.sum([1, 2]))"
    done = ran(code)
    assert done.returncode == 0, done.stderr
    assert "3" in done.stdout
    assert done.stderr == ""


def test_what_is_written_is_shown_where_the_start_fails():
    code = """
import os, sys
from train.quiet_start import load_keras
class Broken:
    def find_spec(self, name, *_):
        if name == "keras":
            os.write(2, b"no such library")
            raise ImportError("keras cannot be loaded")
sys.meta_path.insert(0, Broken())
load_keras()
"""
    done = ran(code)
    assert done.returncode != 0
    assert "no such library" in done.stderr
    assert "ImportError: keras cannot be loaded" in done.stderr


def test_what_is_held_is_written_in_the_end_only_where_it_says_something():
    code = """
import os
from train.quiet_start import _standard_error_held
with _standard_error_held() as held:
    os.write(2, b"a hint")
    held.show()
with _standard_error_held():
    os.write(2, b"noise")
"""
    assert ran(code).stderr == "a hint"
