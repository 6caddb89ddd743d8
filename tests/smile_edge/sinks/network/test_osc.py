"""OSC: addresses, values, what is left out, and bundles in parts. Read by python-osc."""

import math

import numpy as np
import pytest
from sent_faces import FRAME, FULL, face, result_of
from udp_receivers import messages_in, receiving

pytest.importorskip("pythonosc", reason="needs python-osc: pip install '.[dev]'")

from smile_edge.errors import SinkError
from smile_edge.measures.values import FaceMeasures, Pose
from smile_edge.records import FrameResult
from smile_edge.sinks.network.datagrams import MOST_BYTES
from smile_edge.sinks.network.osc import OscSink, face_messages
from smile_edge.sinks.network.osc_bundles import bundles


def sent(result: FrameResult) -> list[bytes]:
    with receiving() as receiver, OscSink(receiver.address) as sink:
        sink.write(FRAME, result)
        return receiver.stop()


def test_a_frame_is_one_bundle_with_every_value_of_its_faces() -> None:
    one = face(7)
    (datagram,) = sent(result_of(one, frame=5, time_s=1.5))
    said = dict(messages_in(datagram))

    assert said["/smile/frame"] == ["demo", 5, 640, 480, 0]
    assert said["/smile/time"] == [1.5]
    assert said["/smile/faces"] == [7]
    assert said["/smile/face/7/box"] == pytest.approx(one.box.tolist())
    assert said["/smile/face/7/score"] == pytest.approx([one.score])
    assert said["/smile/face/7/pose"] == [20, -5, 10]
    assert said["/smile/face/7/translation"] == [0.5, -0.25, 8]
    assert said["/smile/face/7/blink"] == [0.25, 0.75]
    assert said["/smile/face/7/blink/right"] == [0.25]
    assert said["/smile/face/7/blink/left"] == [0.75]
    assert said["/smile/face/7/mouth"] == [0.5]
    assert said["/smile/face/7/smile"] == [0.875]
    assert said["/smile/face/7/gaze"] == [0.5, 0.25, 0.5, -0.25]
    assert said["/smile/face/7/gaze/left"] == [0.5, -0.25]
    assert said["/smile/face/7/expression/jawOpen"] == [0.5]


def test_points_have_three_numbers_each_and_an_unknown_one_a_negative_sigma() -> None:
    one = face()
    points = np.array(dict(face_messages(one))["/smile/face/0/points"]).reshape(70, 3)

    known = np.isfinite(one.points).all(1)
    assert np.array_equal(points[known], np.column_stack([one.points, one.sigma])[known])
    assert {tuple(row) for row in points[~known].tolist()} == {(0.0, 0.0, -1.0)}


def test_of_what_is_not_known_there_is_no_message() -> None:
    said = dict(face_messages(face(0, FaceMeasures())))

    assert set(said) == {f"/smile/face/0/{part}" for part in ("box", "score", "points")}


def test_the_eye_that_is_known_is_sent_alone() -> None:
    said = dict(face_messages(face(0, FaceMeasures(blink=(math.nan, 0.5), pose=Pose(1, 2, math.nan)))))

    assert said["/smile/face/0/blink/left"] == (0.5,)
    assert not {"/smile/face/0/blink", "/smile/face/0/blink/right", "/smile/face/0/pose"} & set(said)


def test_a_frame_without_faces_says_so() -> None:
    assert dict(messages_in(sent(result_of())[0]))["/smile/faces"] == []


def test_a_frame_without_a_time_has_none() -> None:
    assert "/smile/time" not in dict(messages_in(sent(result_of(time_s=None))[0]))


def test_too_many_faces_for_a_bundle_come_in_several_and_none_is_torn() -> None:
    datagrams = sent(result_of(*(face(id) for id in range(60))))
    said = [dict(messages_in(datagram)) for datagram in datagrams]

    assert len(datagrams) > 1
    assert max(map(len, datagrams)) <= MOST_BYTES
    assert all(one["/smile/faces"] == list(range(60)) for one in said)
    for id in range(60):
        assert sum(f"/smile/face/{id}/box" in one for one in said) == 1
        assert all((f"/smile/face/{id}/box" in one) == (f"/smile/face/{id}/smile" in one) for one in said)


def test_a_name_that_is_not_utf_8_is_sent_with_a_question_mark() -> None:
    (datagram,) = sent(FrameResult("clip\udcff.mp4", 0, 0.0, 640, 480))

    assert dict(messages_in(datagram))["/smile/frame"][0] == "clip?.mp4"


def test_bundles_keep_to_their_length() -> None:
    groups = [[("/a", (1.0,) * 20)]] * 10

    assert [len(one) for one in bundles(groups, 300)] == [240] * 5
    assert len(list(bundles(groups, 10))) == 10


def test_without_python_osc_the_cure_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pythonosc.osc_bundle_builder", None)

    with pytest.raises(SinkError, match=r"osc needs python-osc, which is not installed: pip install python-osc"):
        OscSink("127.0.0.1:9000")


def test_mirrored_records_are_sent_as_they_are() -> None:
    said = dict(messages_in(sent(result_of(face(0, FULL), mirrored=True))[0]))

    assert said["/smile/frame"][-1] == 1
    assert said["/smile/face/0/pose"] == [20, -5, 10]
