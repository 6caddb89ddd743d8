"""Generated faces in Kaggle's layout, and one comparison of networks on them."""

import pytest

from train.compare.kaggle_like import write_kaggle_like
from train.data.formats.dense import read_dense
from train.data.formats.kaggle import read_kaggle
from train.synthesis.cartoon_faces import write_packs


@pytest.fixture(scope="session")
def faces(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kaggle")
    write_kaggle_like(read_dense(write_packs(folder / "packs", 12)[1]), folder)
    return read_kaggle(folder, 4)


@pytest.fixture(scope="session")
def run(faces, tmp_path_factory):
    """Results, entries, folder and schedule of a comparison of two networks."""
    from train.compare import Schedule, compare, parse_entries

    out = tmp_path_factory.mktemp("compare")
    entries = parse_entries(["smile", "smile:relu"], ["mse"], ["rotation"])
    schedule = Schedule(minutes=0.02, batch=8)
    return compare(faces, entries, out, schedule), entries, out, schedule
