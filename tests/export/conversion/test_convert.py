"""Models of other shapes are refused."""

import pytest

pytestmark = pytest.mark.training
keras = pytest.importorskip("keras")
pytest.importorskip("tensorflow")

from small_networks import small_detector  # noqa: E402

from export.conversion.convert import convert  # noqa: E402
from export.conversion.weights import in_float32  # noqa: E402
from export.errors import GraphError, SignatureError, WeightsError  # noqa: E402
from export.tasks import TASKS  # noqa: E402
from train.networks.blocks import conv_bn_relu  # noqa: E402


def test_upsampling_that_leaves_shape_arithmetic_is_refused():
    with pytest.raises(GraphError, match="Expected none"):
        convert(in_float32(small_detector(upsample=keras.layers.UpSampling2D)), TASKS["detector"])


def test_a_model_with_another_input_size_is_refused():
    with pytest.raises(WeightsError, match="must take images"):
        convert(small_detector(size=(224, 224)), TASKS["detector"])


def test_a_model_with_other_output_sizes_is_refused():
    image = keras.Input((None, None, 3))
    x = conv_bn_relu(image, 4, 8)
    model = keras.Model(image, {f"level{stride}": keras.layers.Conv2D(26, 1)(x) for stride in (8, 16, 32)})
    with pytest.raises(SignatureError, match="Expected"):
        convert(model, TASKS["detector"])
