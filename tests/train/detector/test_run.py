"""Training of the detector, on generated faces. Needs TensorFlow."""

import numpy as np
import pytest

pytestmark = pytest.mark.training
keras = pytest.importorskip("keras", reason="needs the train extra")


def test_detector_training_writes_weights_that_find_the_same_maps_again(packs, tmp_path):
    from train.detector.run import train_detector
    from train.engine.loop import FitConfig
    from train.networks import build_detector

    out = tmp_path / "run"
    train_detector(packs, FitConfig(out, minutes=0.05, epoch_steps=3), batch=4, canvas_px=96)
    saved = keras.saving.load_model(out / "best.keras")
    fresh = build_detector((64, 64))
    fresh.set_weights(saved.get_weights())
    image = np.random.default_rng(0).integers(0, 256, (1, 64, 64, 3)).astype("float32")
    np.testing.assert_allclose(
        saved.predict(image, verbose=0)["level8"], fresh.predict(image, verbose=0)["level8"], atol=1e-4
    )
