"""Results of the accuracy suite, some scores missing."""

from benchmarks.accuracy.reliability import MULTIPLES
from benchmarks.accuracy.scores import CURVE_PERCENT
from benchmarks.reporting.systems import ONE_LOOK, OURS

__all__ = ["results"]


def results() -> dict:
    return {
        "command": "python -m benchmarks accuracy --data DATA",
        "machine": {"processor": "a processor", "cores": 2, "system": "a system", "load": 0.1},
        "versions": {"onnxruntime": "1.0"},
        "models": [
            {"name": n, "sha256": "0" * 64, "kilobytes": 9, "obtained": "cpu", "reason": None}
            for n in ("detector", "landmarks")
        ],
        "times": {"detector_320x256_ms": 2.0, "landmarks_ms": 0.8},
        "faces": {"portraits": _portraits()},
        "scenes": {"streets": _streets()},
        "jitter": _jitter(),
        "false_alarms": {"images": 200, "faces": 1, "detections": 2, "images_with_faces": 1}
        | {"faces_per_1000": 5.0, "detections_per_1000": 10.0},
        "seconds": 1.0,
    }


def _portraits() -> dict:
    """One pack of single faces; the last system finds none."""
    score = {"recall": 99.5, "nme": 3.0, "nmec": 2.5, "fail10": 0.5}
    missed = {"recall": 0.0, "nme": float("nan"), "nmec": float("nan"), "fail10": 100.0}
    curve = [min(100.0, 8 * float(error)) for error in CURVE_PERCENT]
    return {
        "images": 9,
        "systems": {
            OURS: {**score, "points": 5, "curve": curve},
            "blazeface": {**score, "nmec": 6.0, "points": 3, "curve": curve},
            "blind": {**missed, "points": 5, "curve": [0.0] * len(curve)},
        },
        "turned": {"0": score, "90": score, "180": {**score, "recall": 98.0, "nmec": 2.75}, "270": missed},
        "pixelated": {"12": missed, "24": score},
        "sigma": _sigma(),
    }


def _sigma() -> dict:
    """How far errors agree with the sigma that was given for them."""
    shares = [min(100.0, 40 * float(multiple)) for multiple in MULTIPLES]
    within = {"within_1": 62.0, "within_2": 87.0, "within_1_corrected": 64.0, "within_2_corrected": 88.0}
    laplace = {"laplace_1": 63.2, "laplace_2": 86.5}
    return {
        "errors": 90,
        "shares": shares,
        "shares_corrected": shares,
        **within,
        **laplace,
        "groups": [[1.0, 1.1], [2.0, 1.9]],
    }


def _streets() -> dict:
    """One pack of scenes; the last system gives no score to rank by."""
    found = {
        "ap": 0.9,
        "ap_coco": 0.95,
        "recall": 0.8,
        "precision": 0.95,
        "false_alarms": 0.1,
        "curve": [[0.5, 1.0], [0.9, 0.8]],
    }
    unranked = {**found, "ap": None, "ap_coco": None, "curve": []}
    return {
        "images": 4,
        "faces": {"20": 30, "40": 10},
        "long_sides": {OURS: [320, 640], ONE_LOOK: [320]},
        "systems": {
            OURS: {"lowest_score": 0.02, "threshold": 0.6, "20": found, "40": found},
            ONE_LOOK: {"lowest_score": 0.02, "threshold": 0.5, "20": found, "40": found},
            "mute": {"lowest_score": None, "20": unranked, "40": unranked},
        },
        "light": [
            {"from": 0, "below": 50, "faces": 0, "found": {}},
            {"from": 50, "below": 256, "faces": 30, "found": {OURS: 93.3, ONE_LOOK: 80.0}},
        ],
    }


def _jitter() -> list[dict]:
    """One clip of a still face and two of a passing one, of which the last is not found."""
    still = {"clip": "still, near", "kind": "still", "eyes_px": 72.0, "found": 1.0}
    passing = {"clip": "passing, near", "kind": "passing", "eyes_px": 72.0, "found": 1.0}
    return [
        {**still, "raw": {"flicker": 0.3, "wander": 0.3}, "smooth": {"flicker": 0.1, "wander": 0.1}},
        {**passing, "raw": {"lag": 0.1}, "smooth": {"lag": 0.6}},
        {**passing, "clip": "passing, far", "found": 0.0, "raw": None, "smooth": None},
    ]
