"""Both models opened together, in the precision that was asked for."""

import pytest

from smile_edge.errors import UsageError
from smile_edge.pipeline.models import Models


def test_auto_tells_its_choice_and_float32_opens_one_model_only(monkeypatch):
    told = dict(Models.load(provider="cpu").reports)
    assert {report.precision_reason is None for report in told.values()} == {False}
    monkeypatch.setattr("smile_edge.runtime.model_loader.choose_int8", None)
    assert {report.precision for _, report in Models.load(provider="cpu", precision="float32").reports} == {"float32"}


def test_an_unknown_precision_is_refused():
    with pytest.raises(UsageError, match=r"precision must be one of auto, float32, int8\. Received: 'fp16'"):
        Models.load(provider="cpu", precision="fp16")
