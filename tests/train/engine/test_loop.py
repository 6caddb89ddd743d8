"""The training loop on a clock that the test holds: when it ends, what it leaves, how it goes on. Needs TensorFlow."""

import csv
import itertools
import json
from dataclasses import replace

import numpy as np
import pytest

pytestmark = pytest.mark.training
keras = pytest.importorskip("keras", reason="needs the train extra")

from train.engine.curves import Curve  # noqa: E402
from train.engine.loop import (  # noqa: E402
    FitConfig,
    compile_trainer,
    error_before,
    fit,
    in_float32,
    save_config,
    without_pauses,
)
from train.errors import DataError  # noqa: E402

STEP_S = 0.5
"""The clock goes on by so much every time it is looked at: once a step."""


class Trainer(keras.Model):
    """Learns to give the input back."""

    def __init__(self, network, loss_factor=1.0):
        super().__init__()
        self.network, self.loss_factor = network, loss_factor

    def call(self, inputs, training=None):
        return self.network(inputs, training=training)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        return self.loss_factor * keras.ops.mean(keras.ops.square(y_pred - y["value"]))


def network(width=2):
    inputs = keras.Input((width,))
    return keras.Model(inputs, keras.layers.Dense(width)(keras.layers.BatchNormalization()(inputs)))


def batches(width=2):
    rng = np.random.default_rng(0)
    while True:
        values = rng.normal(size=(4, width)).astype(np.float32)
        yield values, {"value": values}


def trained(config, errors, width=2, loss_factor=1.0, curve=None):
    """Runs `fit` on a network that each validation says to be as wrong as `errors` tell; the network and the scores."""
    inner = network(width)
    trainer = Trainer(inner, loss_factor)
    compile_trainer(trainer, config)
    told = iter(errors)
    clock = itertools.count(1000, STEP_S).__next__
    scores = fit(
        trainer, inner, network(width), batches(width), lambda model: {"error": next(told)}, config, clock, curve
    )
    return inner, scores


@pytest.fixture
def config(tmp_path):
    """Twenty steps: two epochs of eight, and four."""
    return FitConfig(tmp_path / "run", minutes=20 * STEP_S / 60, epoch_steps=8)


def history(config):
    with (config.out / "history.csv").open(newline="") as stream:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(stream)]


def test_the_time_decides_how_many_steps_are_taken(config):
    trained(config, [3.0, 2.0, 1.0])
    assert [row["step"] for row in history(config)] == [8, 16, 20]
    assert history(config)[-1]["minutes"] == pytest.approx(config.minutes)


def test_the_best_epoch_is_kept_and_returned(config):
    _, scores = trained(config, [3.0, 1.0, 2.0])
    kept = json.loads((config.out / "metrics.json").read_text())
    assert kept == scores
    assert (kept["epoch"], kept["error"]) == (2, 1.0)
    assert {path.name for path in config.out.iterdir()} == {
        "best.keras", "curve.png", "history.csv", "last.json", "last.keras", "last.npz", "metrics.json"
    }  # fmt: skip
    assert json.loads((config.out / "last.json").read_text())["epoch"] == 3


def test_a_resumed_run_goes_on_where_the_clock_the_weights_and_the_best_stood(config):
    before, _ = trained(config, [3.0, 1.0, 2.0])
    with np.load(config.out / "last.npz") as saved:
        for index, weight in enumerate(before.get_weights()):
            np.testing.assert_array_equal(saved[f"weight{index}"], weight)
    _, scores = trained(replace(config, minutes=2 * config.minutes, resume=True), [1.5, 1.2, 1.1])
    rows = history(config)
    assert [row["epoch"] for row in rows] == [1, 2, 3, 4, 5, 6]
    assert [row["step"] for row in rows[3:]] == [28, 36, 40]
    assert scores["epoch"] == 2
    assert json.loads((config.out / "metrics.json").read_text())["error"] == 1.0


def test_a_run_whose_time_is_used_up_takes_no_step_more(config):
    _, first = trained(config, [3.0, 1.0, 2.0])
    inner, again = trained(replace(config, resume=True), [])
    assert again == first
    with np.load(config.out / "last.npz") as saved:
        np.testing.assert_array_equal(saved["weight0"], inner.get_weights()[0])


def test_a_run_that_goes_on_sees_other_batches(config):
    going_on = replace(config, resume=True)
    assert going_on.batch_seed(7) == 7  # there is nothing to go on from yet
    trained(config, [3.0, 1.0, 2.0])
    assert config.batch_seed(7) == 7
    assert going_on.batch_seed(7) == (7, 20)


def test_what_a_trainer_learns_beside_the_network_is_kept(config):
    class Scaled(Trainer):
        def __init__(self, network):
            super().__init__(network)
            self.scale = self.add_weight(shape=(), initializer="ones", name="scale")

        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
            return keras.ops.mean(keras.ops.square(self.scale * y_pred - y["value"]))

    scales = []
    for resume, minutes in ((False, config.minutes), (True, config.minutes)):
        inner = network()
        trainer = Scaled(inner)
        run = replace(config, resume=resume, minutes=minutes)
        compile_trainer(trainer, run)
        clock = itertools.count(1000, STEP_S).__next__
        fit(trainer, inner, network(), batches(), lambda model: {"error": 1.0}, run, clock)
        scales.append(float(trainer.scale))
    assert scales[0] == scales[1] != 1


def test_a_run_goes_on_with_its_own_options_only(config):
    save_config(config, network(), task="landmarks", mined=["a"])
    trained(config, [3.0, 1.0, 2.0])
    before = (config.out / "config.json").read_text()
    longer = replace(config, resume=True, minutes=9, learning_rate=1e-4)
    with pytest.raises(DataError, match="holds a run with other mined, task: choose another --out"):
        save_config(longer, network(), task="detector", mined=[])
    assert (config.out / "config.json").read_text() == before
    save_config(longer, network(), task="landmarks", mined=["a"])
    assert json.loads((config.out / "config.json").read_text())["minutes"] == 9


def test_the_checkpoint_of_another_network_is_refused(config):
    trained(config, [3.0, 2.0, 1.0])
    with pytest.raises(DataError, match=r"last\.npz is of another network"):
        trained(replace(config, resume=True), [], width=3)


def test_a_loss_that_is_no_number_ends_the_run(config):
    with pytest.raises(DataError, match="the loss is nan at step 8: lower --learning-rate"):
        trained(config, [], loss_factor=float("nan"))
    assert not config.out.joinpath("best.keras").exists()


def test_a_network_is_built_in_float32_and_the_policy_stays_what_it_was(tmp_path):
    def build():
        return keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])

    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        network, exported = build(), in_float32(build)
        save_config(FitConfig(tmp_path), network, seed=3)
        after = keras.config.dtype_policy().name
    finally:
        keras.config.set_dtype_policy(policy)

    assert (network.compute_dtype, exported.compute_dtype, after) == ("bfloat16", "float32", "mixed_bfloat16")
    config = json.loads((tmp_path / "config.json").read_text())
    assert (config["dtype"], config["parameters"], config["seed"]) == ("mixed_bfloat16", 9, 3)


def test_the_rate_rises_then_falls_to_a_hundredth():
    from train.engine.loop import learning_rate_at

    rates = [learning_rate_at(share, 1.0, 0.1) for share in (0.0, 0.05, 0.1, 0.5, 1.0)]
    assert rates[0] < rates[1] < rates[2] == 1
    assert rates[2] > rates[3] > rates[4] == pytest.approx(0.01)


def test_the_time_of_a_pause_does_not_count():
    readings = iter([10.0, 11.0, 611.0, 612.0])
    now = without_pauses(readings.__next__, most_s=60)
    assert [now(), now(), now()] == [1, 61, 62]


def test_each_epoch_says_the_error_beside_the_first_and_the_best(config, capsys):
    trained(config, [3.0, 1.0, 2.0], curve=Curve("", "px", 5.0))
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(": ")[0] for line in lines] == [
        "epoch 1, 0.07 of 0.166667 min, step 8",
        "epoch 2, 0.13 of 0.166667 min, step 16",
        "epoch 3, 0.17 of 0.166667 min, step 20",
    ]
    assert "error 2 px (5 before, best 1)" in lines[-1]
    assert "loss" in lines[-1]


def test_the_error_before_the_first_step_is_that_of_the_network_s_own_weights(config):
    inner, exported = network(), network()
    found = error_before(lambda model: {"error": float(model.get_weights()[0].sum())}, inner, exported, config)
    assert found == pytest.approx(float(inner.get_weights()[0].sum()))


def test_a_run_that_goes_on_keeps_the_error_that_it_began_with(config):
    def unasked(model):
        raise AssertionError("it was measured again")

    save_config(config, network(), error_before=5.0)
    trained(config, [3.0, 1.0, 2.0])
    assert error_before(unasked, network(), network(), replace(config, resume=True)) == 5.0
    assert error_before(lambda model: {"error": 4.0}, network(), network(), config) == 4.0
