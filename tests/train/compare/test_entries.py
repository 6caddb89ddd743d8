"""Entries of a comparison. Needs TensorFlow."""

import pytest

pytestmark = pytest.mark.training
pytest.importorskip("keras", reason="needs the train extra")

from smile_edge.errors import UsageError  # noqa: E402
from train.compare import parse_entries  # noqa: E402
from train.compare.networks.registry import NETWORKS  # noqa: E402


def test_entries_are_all_combinations_but_for_what_a_network_sets_itself():
    entries = parse_entries(["smile", "ours:loss=laplace,rate=0.01"], ["mse", "wing"], ["none", "rotation"])
    assert [(e.network, e.loss, e.augment) for e in entries] == [
        ("smile", "mse", "none"), ("smile", "mse", "rotation"), ("smile", "wing", "none"),
        ("smile", "wing", "rotation"), ("ours", "laplace", "none"), ("ours", "laplace", "rotation"),
    ]  # fmt: skip
    assert entries[-1].learning_rate == 0.01
    assert entries[0].learning_rate == NETWORKS["smile"].learning_rate


@pytest.mark.parametrize(
    ("network", "loss", "augment", "message"),
    [
        ("smile", "l7", "none", "--loss l7"),
        ("smile", "mse", "rotation+flip", "'flip'"),
        ("smile:rate=fast", "mse", "none", "rate"),
        ("smile:rate=-1", "mse", "none", "rate"),
    ],
)
def test_a_wrong_entry_is_named(network, loss, augment, message):
    with pytest.raises(UsageError, match=message):
        parse_entries([network], [loss], [augment])
