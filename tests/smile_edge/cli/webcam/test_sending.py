"""`webcam` to the network: ninety frames of the demo to real receivers, and what can go wrong."""

import json
import math
import re
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from cli_runs import error_line, records_in, run_cli
from openseeface_reader import read_packets
from udp_receivers import Receiver, messages_in, receiving, silent_address

pytest.importorskip("pythonosc", reason="needs python-osc: pip install '.[dev]'")

from smile_edge.measures.values import Pose
from smile_edge.sinks.network.unity import head_quaternion

FRAMES = 90
KINDS = ("udp", "osc", "vmc", "openseeface")
Sent = dict[str, list[bytes]]


@pytest.fixture(scope="module")
def demo() -> tuple[list[dict[str, Any]], Sent, str]:
    """Records, datagrams by output and the summary of one run of the demo with every output at once."""
    receivers = {kind: Receiver() for kind in KINDS}
    addresses = [word for kind in KINDS for word in (f"--{kind}", receivers[kind].address)]
    result = run_cli("webcam", "--source", "demo", "--frames", FRAMES, "--no-show", "--jsonl", "-", *addresses)
    datagrams = {kind: receiver.stop() for kind, receiver in receivers.items()}
    assert result.exit_code == 0, result.output
    return records_in(result.stdout), datagrams, result.stderr


def faces_of(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [record["faces"][0] for record in records if record["faces"]]


def test_every_record_arrives_as_json(demo: tuple[list[dict[str, Any]], Sent, str]) -> None:
    records, sent, summary = demo

    assert len(records) == FRAMES
    assert [json.loads(datagram) for datagram in sent["udp"]] == records
    assert "left out" not in summary
    assert "lost" not in summary


def test_every_frame_arrives_as_osc_with_the_values_of_the_records(
    demo: tuple[list[dict[str, Any]], Sent, str],
) -> None:
    records, sent, _ = demo
    said = [dict(messages_in(datagram)) for datagram in sent["osc"]]

    assert [one["/smile/frame"][1] for one in said] == [record["frame"] for record in records]
    for one, record in zip(said, records, strict=True):
        assert one["/smile/faces"] == [face["id"] for face in record["faces"]]
        for face in record["faces"]:
            prefix = f"/smile/face/{face['id']}"
            assert one[f"{prefix}/pose"] == pytest.approx(list(face["pose"].values()), abs=0.006)
            assert one[f"{prefix}/box"] == pytest.approx(face["box"], abs=0.006)
            assert one[f"{prefix}/smile"] == pytest.approx([face["smile"]], abs=0.0006)
            assert one[f"{prefix}/mouth"] == pytest.approx([face["mouth_open"]], abs=0.0006)
            points = np.array(one[f"{prefix}/points"]).reshape(70, 3).tolist()
            expected = [row or [0, 0, -1] for row in face["points"]]
            assert np.array(points) == pytest.approx(np.array(expected), abs=0.006)


def test_every_frame_arrives_as_vmc(demo: tuple[list[dict[str, Any]], Sent, str]) -> None:
    records, sent, _ = demo
    messages = [messages_in(datagram) for datagram in sent["vmc"]]
    heads = [values[4:] for said in messages for address, values in said if values[:1] == ["Head"]]
    joys = [values[1] for said in messages for address, values in said if values[:1] == ["Joy"]]
    poses = [Pose(**face["pose"]) for face in faces_of(records)]

    assert len(messages) == FRAMES
    assert np.array(heads) == pytest.approx(np.array([head_quaternion(pose) for pose in poses]), abs=1e-3)
    assert joys == pytest.approx([face["smile"] for face in faces_of(records)], abs=0.0006)


def test_every_face_arrives_as_openseeface(demo: tuple[list[dict[str, Any]], Sent, str]) -> None:
    records, sent, _ = demo
    data = [face for datagram in sent["openseeface"] for face in read_packets(datagram)]
    faces = faces_of(records)

    assert len(faces) > FRAMES // 2
    assert [one.id for one in data] == [face["id"] for face in faces]
    noses = np.array([one.points[30] for one in data])
    assert noses == pytest.approx(np.array([face["nose"] for face in faces]), abs=0.006)
    for one, face in zip(data, faces, strict=True):
        for opened, blink in zip((one.right_eye_open, one.left_eye_open), face["blink"], strict=True):
            assert blink is None or opened == pytest.approx(1 - blink, abs=0.0006)


@pytest.mark.usefixtures("world")
def test_a_file_that_is_sent_runs_at_its_own_speed(clip: Path) -> None:
    result = run_cli("webcam", "--source", clip, "--no-show", "--udp", silent_address())

    rate = re.search(r"15 frames, (\S+) fps", result.stderr)
    assert rate is not None
    assert float(rate[1]) < 36  # the clip has 30; without an address it is hundreds


@pytest.mark.usefixtures("world")
def test_outputs_may_be_repeated(clip: Path) -> None:
    with receiving() as one, receiving() as other:
        result = run_cli("webcam", "--source", clip, "--no-show", "--udp", one.address, "--udp", other.address)
        assert result.exit_code == 0, result.output
        assert len(one.stop()) == len(other.stop()) == 15


@pytest.mark.usefixtures("world")
def test_an_absent_receiver_is_counted_in_the_summary(clip: Path) -> None:
    address = silent_address()

    result = run_cli("webcam", "--source", clip, "--no-show", "--jsonl", "-", "--udp", address)

    assert result.exit_code == 0
    assert len(records_in(result.stdout)) == 15
    assert f", udp {address} lost 15 datagrams (nobody listens there), provider" in result.stderr


@pytest.mark.usefixtures("world")
def test_records_of_all_sources_are_sent_and_avatars_follow_the_first(clip: Path) -> None:
    with receiving() as udp, receiving() as vmc:
        sources = ("--source", clip, "--source", clip)
        assert run_cli("webcam", *sources, "--no-show", "--udp", udp.address, "--vmc", vmc.address).exit_code == 0
        assert len(udp.stop()) == 30
        assert len(vmc.stop()) == 15


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize(("choice", "tracked"), [("largest", 1), ("0", 1), ("7", 0)])
def test_the_face_of_an_avatar_can_be_chosen(clip: Path, choice: str, tracked: int) -> None:
    with receiving() as receiver:
        command = ("webcam", "--source", clip, "--frames", 2, "--no-show", "--vmc", receiver.address)
        assert run_cli(*command, "--face", choice).exit_code == 0
        states = [dict(messages_in(datagram))["/VMC/Ext/OK"] for datagram in receiver.stop()]
    assert states == [[1, 3, 0, tracked]] * 2


@pytest.mark.usefixtures("world")
def test_a_known_camera_changes_the_unit_but_not_the_packet(clip: Path) -> None:
    depths = []
    for options in ((), ("--hfov", "60")):
        with receiving() as receiver:
            command = ("webcam", "--source", clip, "--frames", 1, "--no-show", "--openseeface", receiver.address)
            assert run_cli(*command, *options).exit_code == 0
            depths.append(read_packets(receiver.stop()[0])[0].translation[2])
    assert math.isclose(*depths, rel_tol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.1:0", "127.0.0.1:65536", ":9000", "localhost:http", ""])
def test_an_address_that_is_none_is_told_before_anything_is_opened(kind: str, address: str) -> None:
    said = error_line(run_cli("webcam", "--source", "no such file", "--no-show", f"--{kind}", address))

    assert f"--{kind} takes HOST:PORT" in said
    assert repr(address) in said


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("kind", KINDS)
def test_a_host_that_does_not_resolve_is_one_line_and_files_stay(kind: str, clip: Path, tmp_path: Path) -> None:
    kept = tmp_path / "faces.jsonl"
    kept.write_text("of an earlier run\n")

    said = error_line(
        run_cli("webcam", "--source", clip, "--overwrite", "--jsonl", kept, f"--{kind}", "nobody.invalid:9000")
    )

    assert "'nobody.invalid' is not known" in said
    assert kept.read_text() == "of an earlier run\n"


@pytest.mark.parametrize("options", [("--face", "largest"), ("--face", "0", "--udp", "127.0.0.1:9000")])
def test_face_needs_an_output_that_chooses(options: tuple[str, ...]) -> None:
    assert "--face goes with --vmc or --openseeface" in error_line(run_cli("webcam", "--source", "demo", *options))


@pytest.mark.parametrize("choice", ["", "smallest", "-1", "1.0"])
def test_a_face_that_cannot_be_chosen_is_one_line(choice: str) -> None:
    said = error_line(run_cli("webcam", "--source", "demo", "--vmc", "127.0.0.1:39539", f"--face={choice}"))

    assert "'largest' or the id of a face" in said


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize(("kind", "package"), [("osc", "python-osc"), ("vmc", "python-osc")])
def test_a_missing_package_is_one_line_with_the_cure(
    kind: str, package: str, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pythonosc.osc_bundle_builder", None)

    said = error_line(run_cli("webcam", "--source", clip, "--no-show", f"--{kind}", "127.0.0.1:9000"))

    assert f"pip install {package}" in said


@pytest.mark.usefixtures("world")
def test_a_missing_virtual_camera_package_is_one_line_with_the_cure(
    clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyvirtualcam", None)

    assert "pip install pyvirtualcam" in error_line(run_cli("webcam", "--source", clip, "--virtual-camera"))


@pytest.mark.usefixtures("world")
def test_a_busy_virtual_camera_is_one_line(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise RuntimeError("'v4l2loopback' backend: Device or resource busy")

    monkeypatch.setitem(
        sys.modules, "pyvirtualcam", SimpleNamespace(Camera=refuse, PixelFormat=SimpleNamespace(BGR="24BG"))
    )

    assert "Device or resource busy" in error_line(run_cli("webcam", "--source", clip, "--virtual-camera", "--no-show"))


@pytest.mark.usefixtures("world")
def test_a_virtual_camera_shows_every_frame_of_the_first_source(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[tuple[int, ...]] = []

    class Camera:
        def __init__(self, width: int, height: int, fps: float, **_: object) -> None:
            assert (width, height, fps) == (320, 240, 30)

        def send(self, image: np.ndarray) -> None:
            shown.append(image.shape)

        def close(self) -> None:
            shown.append(())

    fake = SimpleNamespace(Camera=Camera, PixelFormat=SimpleNamespace(BGR="24BG"))
    monkeypatch.setitem(sys.modules, "pyvirtualcam", fake)

    sources = ("--source", clip, "--source", clip)
    assert run_cli("webcam", *sources, "--virtual-camera", "--no-show").exit_code == 0
    assert shown == [(240, 320, 3)] * 15 + [()]
