"""Shared by all tests: no display, no GPU, quiet TensorFlow; training tests only where TensorFlow is."""

import importlib.util
import os
import signal

import pytest

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# A shell lets what it starts in the background ignore Ctrl-C, `nohup` a closed terminal; programs under test would too.
for _name in ("SIGINT", "SIGHUP"):
    if (_one := getattr(signal, _name, None)) is not None and signal.getsignal(_one) is signal.SIG_IGN:
        signal.signal(_one, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A training test on a machine without TensorFlow is skipped and says so; CI installs TensorFlow."""
    if importlib.util.find_spec("tensorflow") is not None:
        return
    skip = pytest.mark.skip(reason="needs TensorFlow: pip install '.[train,dev]'")
    for item in items:
        if "training" in item.keywords:
            item.add_marker(skip)


@pytest.fixture(autouse=True)
def _own_models(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's own SMILE_EDGE_MODELS and SMILE_EDGE_TOKEN must not decide what the tests see."""
    monkeypatch.delenv("SMILE_EDGE_MODELS", raising=False)
    monkeypatch.delenv("SMILE_EDGE_TOKEN", raising=False)
