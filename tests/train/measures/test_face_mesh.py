"""The worker that MediaPipe's own Python runs."""

import numpy as np
import pytest

from train.errors import DataError
from train.external.face_mesh import face_meshes


@pytest.fixture
def python(tmp_path):
    """A Python that copies the crops where the meshes belong if the worker is there."""
    path = tmp_path / "python"
    path.write_text('#!/bin/sh\ntest -f "$1" || { echo "no worker at $1" >&2; exit 1; }\ncp "$2" "$3"\n')
    path.chmod(0o755)
    return path


def test_the_worker_is_there_and_what_it_writes_is_read(python):
    crops = np.arange(2 * 4 * 4 * 3, dtype=np.uint8).reshape(2, 4, 4, 3)
    np.testing.assert_array_equal(face_meshes(python, crops), crops)


def test_a_worker_that_fails_is_one_line(python):
    python.write_text("#!/bin/sh\necho first >&2\necho broken >&2\nexit 1\n")
    with pytest.raises(DataError, match=r"MediaPipe: broken: .*--setup-mediapipe"):
        face_meshes(python, np.zeros((1, 4, 4, 3), np.uint8))
