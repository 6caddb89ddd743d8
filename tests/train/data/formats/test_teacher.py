"""Packs with and without a teacher."""

from train.data.formats.teacher import read_teacher


def test_a_pack_without_a_teacher_has_none(tmp_path):
    assert read_teacher(tmp_path) == {}
