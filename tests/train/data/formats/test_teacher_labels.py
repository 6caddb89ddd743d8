"""Labels that teachers gave."""

import numpy as np
import pytest
from teacher_label_files import write_teacher_labels

from train.data.formats.teacher_labels import EXPRESSION, FLIP_EXPRESSION, read_teacher_labels
from train.errors import DataError


def test_labels_name_images_of_their_pack(packs, tmp_path):
    mtfl, dense = read_teacher_labels(write_teacher_labels(tmp_path / "labels", packs), packs)
    assert all(sample.image.is_file() for sample in [*mtfl.samples, *dense.samples])
    assert mtfl.samples[0].targets.shape == (75, 3)
    assert mtfl.samples[0].targets[70:, 2].all()
    assert not dense.samples[0].targets[70:, 2].any()
    np.testing.assert_array_equal(np.isnan(dense.expression).all(1), [True, False, False, False])


def test_a_folder_without_a_file_of_the_packs_is_refused(packs, tmp_path):
    with pytest.raises(DataError, match=r"holds no <pack>\.npz"):
        read_teacher_labels(tmp_path, packs)


def test_a_file_of_another_kind_is_refused(packs, tmp_path):
    np.savez(tmp_path / "dense.npz", label=np.zeros((1, 70, 3)))
    with pytest.raises(DataError, match="no file of teacher labels"):
        read_teacher_labels(tmp_path, packs)


def test_in_a_mirror_left_is_right_and_the_middle_stays():
    assert len(set(EXPRESSION)) == 51
    pairs = {EXPRESSION[i]: EXPRESSION[j] for i, j in enumerate(FLIP_EXPRESSION)}
    assert pairs["mouthSmileLeft"] == "mouthSmileRight"
    assert pairs["jawLeft"] == "jawRight"
    assert pairs["jawOpen"] == "jawOpen"
    np.testing.assert_array_equal(FLIP_EXPRESSION[FLIP_EXPRESSION], range(51))
