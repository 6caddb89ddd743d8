"""What a quantised model is refused for."""

import pytest

from export.errors import ParityError
from export.quantization.check import DetectorCheck, times_as_fast
from smile_edge.runtime.manifest import ModelManifest
from smile_edge.runtime.session import OnnxSession


def test_lost_average_precision_is_what_a_detector_is_refused_for(models, pack, monkeypatch):
    scores = iter([0.9, 0.9, 0.9, 0.894])
    monkeypatch.setattr(
        "train.evaluation.metrics.score_detections",
        lambda *args: [type("Score", (), {"average_precision": next(scores)})],
    )
    sessions = [OnnxSession(models / "detector.onnx", provider="cpu")] * 2
    check = DetectorCheck(ModelManifest.load(models / "detector.json"), [pack])
    with pytest.raises(ParityError, match=r"faces of 40 px and more\) is 0.60 hundredths below float32's, at most 0.5"):
        check.compare(*sessions)


def test_times_are_of_the_fastest_runs_in_turns():
    class Slow:
        def __init__(self, calls):
            self.calls = calls

        def run(self, feed):
            import time

            self.calls.append(self)
            time.sleep(0.002 if self is slow else 0.0005)

    calls = []
    slow, fast = Slow(calls), Slow(calls)
    assert 1.5 < times_as_fast(slow, fast, {}) < 5
    assert calls[:4] == [slow, fast, slow, fast]
