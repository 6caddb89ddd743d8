"""VMC: which way an avatar turns, whose face it is, and what is left out. Read by python-osc."""

import math
from typing import Any

import numpy as np
import pytest
from sent_faces import FRAME, FULL, face, result_of
from udp_receivers import messages_in, receiving

pytest.importorskip("pythonosc", reason="needs python-osc: pip install '.[dev]'")

from smile_edge.errors import UsageError
from smile_edge.measures.head_pose import rotation_of
from smile_edge.measures.values import FaceMeasures, Pose
from smile_edge.records import FrameResult
from smile_edge.sinks.network.vmc import VmcSink

SIN, COS = math.sin(math.radians(20)), math.cos(math.radians(20))
LEFT, UP, FORWARD = (-1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)
"""Of an avatar in Unity: x to its right, y up, z where it looks."""


def sent(result: FrameResult, face: str | int = "largest") -> list[tuple[str, list[Any]]]:
    with receiving() as receiver, VmcSink(receiver.address, face=face) as sink:
        sink.write(FRAME, result)
        datagrams = receiver.stop()
    assert max(map(len, datagrams)) <= 1500
    return [message for datagram in datagrams for message in messages_in(datagram)]


def bone(messages: list[tuple[str, list[Any]]], name: str) -> list[float] | None:
    """The rotation of a bone; None where it is not sent."""
    found = [values for address, values in messages if address == "/VMC/Ext/Bone/Pos" and values[0] == name]
    assert len(found) <= 1
    return found[0][4:] if found else None


def blends(messages: list[tuple[str, list[Any]]]) -> dict[str, float]:
    return dict(values for address, values in messages if address == "/VMC/Ext/Blend/Val")


def turned(quaternion: list[float] | None, vector: tuple[float, float, float]) -> np.ndarray:
    """A vector turned by a quaternion x, y, z, w."""
    assert quaternion is not None
    axis, w = np.array(quaternion[:3]), quaternion[3]
    return vector + 2 * np.cross(axis, np.cross(axis, vector) + w * np.array(vector))


def posed(yaw: float = 0.0, pitch: float = 0.0, roll: float = 0.0, **options: Any) -> list[float] | None:
    return bone(sent(result_of(face(0, FaceMeasures(pose=Pose(yaw, pitch, roll))), **options)), "Head")


def test_a_nose_to_the_image_s_right_turns_the_avatar_to_its_own_left() -> None:
    quaternion = posed(yaw=20)

    assert turned(quaternion, FORWARD) == pytest.approx((-SIN, 0, COS), abs=1e-6)
    assert quaternion == pytest.approx([0, -math.sin(math.radians(10)), 0, math.cos(math.radians(10))])


def test_a_nose_that_points_up_lifts_the_avatar_s() -> None:
    quaternion = posed(pitch=20)

    assert turned(quaternion, FORWARD) == pytest.approx((0, SIN, COS), abs=1e-6)
    assert quaternion == pytest.approx([-math.sin(math.radians(10)), 0, 0, math.cos(math.radians(10))])


def test_a_face_turned_clockwise_on_the_screen_leans_to_its_own_left() -> None:
    quaternion = posed(roll=20)

    assert turned(quaternion, UP) == pytest.approx((-SIN, COS, 0), abs=1e-6)
    assert quaternion == pytest.approx([0, 0, math.sin(math.radians(10)), math.cos(math.radians(10))])


@pytest.mark.parametrize("pose", [(15, -10, 8), (-60, 25, 170), (80, -70, -100)])
def test_all_angles_together_are_the_rotation_of_the_record_seen_from_behind(pose: tuple[float, float, float]) -> None:
    quaternion = posed(*pose)
    flip = np.diag([-1, 1, 1])  # the picture's x runs to the subject's left, Unity's to the avatar's right
    expected = flip @ rotation_of(Pose(*pose)) @ flip

    assert np.stack([turned(quaternion, one) for one in np.eye(3)], 1) == pytest.approx(expected, abs=1e-5)


def test_in_a_mirrored_record_the_avatar_still_does_what_the_person_does() -> None:
    assert posed(20, 5, -10) == pytest.approx(posed(-20, 5, 10, mirrored=True))


def test_eyes_that_look_to_the_image_s_right_and_up_turn_to_the_avatar_s_left_and_up() -> None:
    looking = sent(result_of(face(0, FaceMeasures(gaze=((1.0, 0.0), (0.0, 1.0))))))

    assert turned(bone(looking, "RightEye"), FORWARD) == pytest.approx((-0.5, 0, math.sqrt(0.75)), abs=1e-6)
    assert turned(bone(looking, "LeftEye"), FORWARD) == pytest.approx((0, 0.5, math.sqrt(0.75)), abs=1e-6)


def test_messages_have_the_order_and_the_types_of_the_protocol() -> None:
    messages = sent(result_of(face(), time_s=2.5))

    assert [address for address, _ in messages] == [
        *("/VMC/Ext/Root/Pos", "/VMC/Ext/Bone/Pos", "/VMC/Ext/Bone/Pos", "/VMC/Ext/Bone/Pos"),
        *["/VMC/Ext/Blend/Val"] * 6,
        *("/VMC/Ext/Blend/Apply", "/VMC/Ext/OK", "/VMC/Ext/T"),
    ]
    assert messages[0][1] == ["root", 0, 0, 0, 0, 0, 0, 1]
    assert all(isinstance(value, float) for _, values in messages[:10] for value in values[1:])
    assert messages[-2][1] == [1, 3, 0, 1]
    assert all(isinstance(value, int) for value in messages[-2][1])
    assert messages[-1][1] == [2.5]


def test_blend_shapes_are_the_subject_s_sides_and_the_names_of_vrm() -> None:
    expected = {"A": 0.5, "Blink_R": 0.25, "Blink_L": 0.75, "Joy": 0.875, "JawOpen": 0.5, "EyeBlinkLeft": 0.25}

    assert blends(sent(result_of(face()))) == expected
    assert blends(sent(result_of(face(), mirrored=True))) == expected


def test_fifty_two_blend_shapes_come_in_bundles_that_fit_an_ethernet_frame() -> None:
    many = FULL._replace(expression={f"browInnerUpNumber{number}": 0.5 for number in range(52)})

    messages = sent(result_of(face(0, many)))

    assert len(blends(messages)) == 56
    assert [address for address, _ in messages[-3:]] == ["/VMC/Ext/Blend/Apply", "/VMC/Ext/OK", "/VMC/Ext/T"]


def test_of_what_is_not_known_there_is_no_message() -> None:
    addresses = [address for address, _ in sent(result_of(face(0, FaceMeasures())))]

    assert addresses == ["/VMC/Ext/Root/Pos", "/VMC/Ext/OK", "/VMC/Ext/T"]


def test_without_a_face_the_avatar_is_told_that_nothing_is_tracked() -> None:
    assert sent(result_of(time_s=1.0)) == [("/VMC/Ext/OK", [1, 3, 0, 0]), ("/VMC/Ext/T", [1.0])]


def test_the_largest_face_or_that_of_an_id_is_sent() -> None:
    small, large = (face(id, FULL._replace(smile=id / 4), size=20.0 * id) for id in (1, 2))

    assert blends(sent(result_of(small, large)))["Joy"] == 0.5
    assert blends(sent(result_of(small, large), 1))["Joy"] == 0.25
    assert blends(sent(result_of(small, large), "1"))["Joy"] == 0.25
    assert not blends(sent(result_of(small, large), 3))


@pytest.mark.parametrize("choice", ["", "smallest", "-1", "1.5", "\u0661", -1, None, True])
def test_a_face_that_cannot_be_chosen_is_refused(choice: Any) -> None:
    with pytest.raises(UsageError, match="'largest' or the id of a face"):
        VmcSink("127.0.0.1:39539", face=choice)
