"""Every layer of ours builds, trains, and survives a file. Needs TensorFlow."""

import numpy as np
import pytest

pytestmark = pytest.mark.training
keras = pytest.importorskip("keras", reason="needs the train extra")


@pytest.mark.parametrize(
    "name", ["BoxAroundMean", "FlatMaps", "Sigma", "SpatialExpectation", "SubcellExpectation", "Upsample2x"]
)
def test_layers_build_fit_save_and_reload(name, tmp_path):
    from train.networks import blocks, landmarker

    kind = getattr(blocks, name, None) or getattr(landmarker, name)
    layer = kind(96) if name.endswith("Expectation") else kind()
    inputs = keras.Input((24, 24, 3))
    features = keras.layers.Conv2D(4, 1)(inputs)
    if name == "BoxAroundMean":
        features = keras.layers.Flatten()(features)
    outputs = keras.layers.GlobalAveragePooling1D()(keras.layers.Reshape((-1, 1))(layer(features)))
    model = keras.Model(inputs, outputs)
    model.compile("sgd", "mse")
    data = np.random.default_rng(0).random((2, 24, 24, 3)).astype("float32")
    model.fit(data, np.zeros((2, 1)), verbose=0)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(again.predict(data, verbose=0), model.predict(data, verbose=0), rtol=1e-4, atol=1e-5)
