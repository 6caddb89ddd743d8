"""OpenSeeFace's packets, read as its Unity component reads them."""

import math
import time
from dataclasses import replace

import numpy as np
import pytest
from openseeface_reader import OpenSeeData, read_packets
from sent_faces import FRAME, FULL, face, result_of
from udp_receivers import receiving

from smile_edge.measures.values import FaceMeasures, Pose
from smile_edge.records import Face, FrameResult
from smile_edge.sinks.network.openseeface import OpenSeeFaceSink
from smile_edge.sinks.network.unity import head_quaternion

TURNED = [(0, 0, 0), (20, 0, 0), (0, 20, 0), (0, 0, 20), (-20, 0, 0), (15, -10, 8), (-50, 30, 120)]


def sent(result: FrameResult, **options: object) -> list[list[OpenSeeData]]:
    with receiving() as receiver, OpenSeeFaceSink(receiver.address, **options) as sink:
        sink.write(FRAME, result)
        return [read_packets(datagram) for datagram in receiver.stop()]


def only(one: Face, **options: object) -> OpenSeeData:
    [[data]] = sent(result_of(one), **options)
    return data


def test_a_face_is_1785_bytes() -> None:
    with receiving() as receiver, OpenSeeFaceSink(receiver.address) as sink:
        sink.write(FRAME, result_of(face(), face(1)))
        assert [len(datagram) for datagram in receiver.stop()] == [2 * 1785]


def test_what_is_measured_is_where_the_component_looks_for_it() -> None:
    data = only(face(3))

    assert (data.id, data.camera_resolution) == (3, (640, 480))
    assert (data.right_eye_open, data.left_eye_open) == (0.75, 0.25)
    assert (data.got_3d_points, data.fit_3d_error) == (True, 0)
    assert data.features == [-0.75, -0.25, *[0.0] * 10, 0.5, 0.0]
    assert abs(data.time - time.time()) < 60


def test_the_time_of_a_live_frame_is_that_of_its_capture() -> None:
    live = FrameResult("camera:0", 5, 2.5, 640, 480, (face(),), started_at=1.8e9)

    assert sent(live)[0][0].time == 1.8e9 + 2.5


@pytest.mark.parametrize("pose", TURNED)
def test_an_avatar_turns_as_by_vmc(pose: tuple[float, float, float]) -> None:
    data = only(face(0, FULL._replace(pose=Pose(*pose))))
    expected = np.array(head_quaternion(Pose(*pose)))

    found = np.array(data.target_quaternion)
    assert found * np.sign(found @ expected) == pytest.approx(expected, abs=1e-6)


def test_the_angles_have_the_signs_of_openseeface_s_own_fit() -> None:
    """Which are not all those of Unity; a face that looks ahead has none left."""
    angles = {pose: only(face(0, FULL._replace(pose=Pose(*pose)))).rotation for pose in TURNED[:4]}

    assert angles[0, 0, 0] == pytest.approx((0, 0, 0), abs=1e-3)
    assert angles[0, 20, 0] == pytest.approx((20, 0, 0), abs=1e-3)
    assert angles[20, 0, 0] == pytest.approx((0, -20, 0), abs=1e-3)
    assert angles[0, 0, 20] == pytest.approx((0, 0, -20), abs=1e-3)


def test_translation_is_right_up_and_away_of_the_nose_in_units_of_the_face_model() -> None:
    there = FULL._replace(pose=Pose(0, 0, 0), translation=(1.0, 2.0, 10.0))

    in_eyes = only(face(0, there)).translation
    assert in_eyes == pytest.approx((0.516, -2 * 0.516 - 0.276, 5.16 - 0.22), abs=1e-3)
    in_mm = only(face(0, there._replace(translation=(63.0, 126.0, 630.0))), in_mm=True).translation
    assert in_mm == pytest.approx(in_eyes, abs=1e-3)


def test_points_keep_their_numbers_but_for_the_corners_of_the_mouth() -> None:
    one = face()
    rows = np.stack([np.arange(70), np.arange(70) + 0.5], 1).astype(np.float32)
    data = only(replace(one, points=rows, visible=np.linspace(0, 1, 70, dtype=np.float32)))

    taken = [int(x) for x, _ in data.points]
    assert taken == [*range(48), 49, 50, 51, 52, 53, 55, 56, 57, 58, 59, *range(60, 70)]
    assert data.points[10] == (10, 10.5)
    assert data.confidence == pytest.approx([index / 69 for index in taken], abs=1e-6)


def test_points_that_the_model_does_not_give_are_0_and_the_mouth_has_its_outer_corners() -> None:
    one = face()
    data = only(one)

    missing = [*range(17), 66, 67]
    assert [index for index in range(68) if data.confidence[index] == 0] == missing
    assert {data.points[index] for index in missing} == {(0, 0)}
    assert data.points[58] == pytest.approx(one.points[48])
    assert data.points[62] == pytest.approx(one.points[54])
    assert data.points[30] == pytest.approx(one.points[30])
    assert data.confidence[30] == pytest.approx(one.score)


def test_points_in_3d_are_0_but_for_the_eyes_which_look_where_they_look() -> None:
    data = only(face(0, FULL._replace(gaze=((1.0, 0.0), (math.nan, math.nan)))))

    assert {tuple(map(abs, point)) for point in data.points_3d[:66]} == {(0, 0, 0)}
    size = np.linalg.norm(data.left_gaze)
    assert np.array(data.left_gaze) / size == pytest.approx((0, 0, -1))
    # To the image's right is the subject's left, which is x > 0 where the eye looks to z < 0.
    assert np.array(data.right_gaze) / size == pytest.approx((0.5, 0, -math.sqrt(0.75)))


def test_a_face_without_a_pose_is_one_that_receivers_pass_over() -> None:
    data = only(face(0, FaceMeasures()))

    assert not data.got_3d_points
    assert data.fit_3d_error > 100
    assert (data.raw_quaternion, data.translation) == ((0, 0, 0, 0), (0, 0, 0))
    assert (data.right_eye_open, data.left_eye_open) == (1, 1)


@pytest.mark.parametrize(("blink", "opened"), [((math.nan, 0.75), 0.25), ((0.5, math.nan), 0.5)])
def test_an_eye_that_is_turned_away_does_as_the_other(blink: tuple[float, float], opened: float) -> None:
    data = only(face(0, FULL._replace(blink=blink)))

    assert (data.right_eye_open, data.left_eye_open) == (opened, opened)


def test_nothing_that_is_not_a_number_is_sent() -> None:
    bare = face(0, FaceMeasures(pose=Pose(1, 2, 3)))
    data = only(bare)

    numbers = [*data.raw_quaternion, *data.raw_euler, *data.translation, *data.confidence, *data.features]
    numbers += [*np.ravel(data.points), *np.ravel(data.points_3d), data.fit_3d_error]
    assert np.isfinite(numbers).all()


def test_a_mirrored_record_is_sent_as_the_camera_took_it() -> None:
    straight = face(0, FULL._replace(pose=Pose(20, 5, -10), gaze=((0.5, 0.25), (0.25, 0.0))))
    turned_back = straight.measures._replace(
        pose=Pose(-20, 5, 10), translation=(-0.5, -0.25, 8.0), gaze=((-0.5, 0.25), (-0.25, 0.0))
    )
    flipped = np.stack([639 - straight.points[:, 0], straight.points[:, 1]], 1)
    [[plain]] = sent(result_of(straight))
    [[mirrored]] = sent(result_of(replace(straight, points=flipped, given=turned_back), mirrored=True))

    assert np.array(mirrored.points) == pytest.approx(np.array(plain.points), abs=1e-3)
    assert replace(mirrored, time=0, points=[]) == replace(plain, time=0, points=[])


def test_a_frame_without_faces_sends_nothing() -> None:
    assert sent(result_of()) == []


def test_many_faces_come_in_several_datagrams() -> None:
    datagrams = sent(result_of(*(face(id) for id in range(70))))

    assert [data.id for datagram in datagrams for data in datagram] == list(range(70))
    assert [len(datagram) for datagram in datagrams] == [33, 33, 4]


def test_a_chosen_face_is_sent_alone_as_the_one_that_receivers_follow() -> None:
    small, large = face(4, size=20.0), face(9, FULL._replace(mouth_open=1.0), size=60.0)

    [[data]] = sent(result_of(small, large), face="largest")
    assert (data.id, data.features[12]) == (0, 1)
    [[data]] = sent(result_of(small, large), face=4)
    assert (data.id, data.features[12]) == (0, 0.5)
    assert sent(result_of(small, large), face=5) == []
