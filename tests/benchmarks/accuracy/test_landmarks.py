"""Landmarks of ours and of peers, scored on the same faces."""

import numpy as np
import pytest
from fake_world import World, face_points
from labelled_faces import labels, pack

from benchmarks.accuracy.landmarks import face_results
from benchmarks.accuracy.peers import Peer, PeerFaces
from benchmarks.reporting.systems import OURS
from smile_edge import FacePipeline
from train.data.formats.mtfl import read_mtfl


def test_ours_and_a_peer_are_scored_on_the_same_faces(tmp_path):
    truth = labels(3)
    folder = pack(tmp_path / "pack", truth)
    world = World(lambda index: [face_points(200, 180, 30 + 7 * index, 40 * index)])
    faces = {
        f"{i}.png": PeerFaces(np.zeros((1, 4)), np.ones(1), truth[i : i + 1] + (200 if i == 0 else 0)) for i in range(3)
    }
    results = face_results(
        {OURS: FacePipeline(world.models()), "hasty": FacePipeline(World(lambda index: []).models())}, folder,
        read_mtfl(folder, "testing.txt"), [Peer("other", faces)],
        angles=(0,), sizes_px=(), tell=lambda text: None,
    )  # fmt: skip
    assert results["systems"][OURS]["recall"] == 100
    assert results["systems"]["hasty"]["recall"] == 0
    assert results["systems"]["other"]["recall"] == pytest.approx(200 / 3, abs=0.01)
    assert results["turned"]["0"]["nmec"] == results["systems"][OURS]["nmec"]
