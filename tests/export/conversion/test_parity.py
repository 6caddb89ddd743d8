"""Differences between two models."""

import numpy as np
import pytest

pytestmark = pytest.mark.training
pytest.importorskip("keras")
pytest.importorskip("tensorflow")

from export.conversion.parity import largest_differences  # noqa: E402
from export.errors import ParityError, SignatureError  # noqa: E402


def test_a_value_that_is_no_number_is_a_difference():
    with pytest.raises(ParityError, match="nan"):
        largest_differences({"y": np.zeros(2)}, {"y": np.array([0, np.nan])}, 1.0, "batch 1")


def test_other_names_or_shapes_are_not_compared():
    with pytest.raises(SignatureError, match="gives"):
        largest_differences({"y": np.zeros(2)}, {"z": np.zeros(2)}, 1.0, "batch 1")
    with pytest.raises(SignatureError, match="shape"):
        largest_differences({"y": np.zeros(2)}, {"y": np.zeros((2, 1))}, 1.0, "batch 1")
