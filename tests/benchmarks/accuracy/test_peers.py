"""Predictions of peers as they are read from files."""

import json

import numpy as np
import pytest

from benchmarks.accuracy.peers import Peer, read_peers
from smile_edge.topology import FIVE_POINTS
from train.errors import DataError


def test_peers_are_read_by_pack_and_missing_points_stay_unknown(tmp_path):
    (tmp_path / "pack").mkdir()
    five = {name: [1.0, 2.0] for name in FIVE_POINTS} | {"mouth_left": None}
    record = {"image": "a.png", "faces": [{"box": [0, 0, 9, 9], "score": None, "five": five}]}
    (tmp_path / "pack" / "blink.jsonl").write_text(json.dumps(record) + "\n")
    (peer,) = read_peers(tmp_path, "pack")
    (found,) = peer.of(["a.png"])
    assert peer.name == "blink"
    assert np.isnan(found.scores[0])
    assert np.isfinite(found.five[0]).all(-1).tolist() == [True, True, True, True, False]
    assert read_peers(tmp_path, "elsewhere") == []


def test_an_image_that_a_peer_never_saw_is_an_error_not_a_miss():
    with pytest.raises(DataError, match=r"lack the image b\.png"):
        Peer("other", {}).of(["b.png"])


def test_a_broken_line_of_predictions_is_named(tmp_path):
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "x.jsonl").write_text('{"image": "a.png", "faces": []}\n{"image": 3')
    with pytest.raises(DataError, match=r"x\.jsonl, row 2"):
        read_peers(tmp_path, "pack")


def test_irises_and_coefficients_are_read_where_a_face_has_them(tmp_path):
    (tmp_path / "pack").mkdir()
    five = {name: [1.0, 2.0] for name in FIVE_POINTS}
    bare = {"box": [0, 0, 9, 9], "score": 0.5, "five": five}
    whole = bare | {"irises": {"right": [3, 4], "left": None}, "expression": {"jawOpen": 0.5}}
    (tmp_path / "pack" / "x.jsonl").write_text(json.dumps({"image": "a.png", "faces": [bare, whole]}) + "\n")
    (found,) = read_peers(tmp_path, "pack")[0].of(["a.png"])
    np.testing.assert_array_equal(found.irises, [[[np.nan] * 2] * 2, [[3, 4], [np.nan] * 2]])
    assert found.expressions == (None, {"jawOpen": 0.5})
