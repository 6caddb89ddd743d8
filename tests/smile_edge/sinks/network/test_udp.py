"""JSON over UDP: records, parts, and receivers that are not there."""

import errno
import json
import socket

import pytest
from jsonschema import Draft202012Validator
from sent_faces import FRAME, face, result_of
from udp_receivers import receiving, silent_address

from smile_edge.records import record_schema
from smile_edge.records.reader import result_from
from smile_edge.sinks.network.datagrams import MOST_BYTES
from smile_edge.sinks.network.udp import UdpSink, record_datagrams


def test_a_datagram_is_the_record_that_jsonl_writes() -> None:
    results = [result_of(face(3), frame=0), result_of(frame=1)]
    with receiving() as receiver, UdpSink(receiver.address) as sink:
        for result in results:
            sink.write(FRAME, result)
        assert receiver.stop() == [result.to_json().encode() for result in results]
        assert sink.notes() == ()


def test_a_record_that_is_too_long_comes_in_parts_by_face() -> None:
    result = result_of(*(face(id) for id in range(60)))
    parts = record_datagrams(result)
    records = [json.loads(part) for part in parts]

    assert len(result.to_json()) > MOST_BYTES >= max(map(len, parts))
    assert len(parts) == -(-len(result.to_json()) // MOST_BYTES)
    assert [record.pop("part") for record in records] == [[n, len(parts)] for n in range(1, len(parts) + 1)]
    assert [one for record in records for one in record["faces"]] == result.to_dict()["faces"]
    assert all({**record, "faces": None} == {**result.to_dict(), "faces": None} for record in records)


def test_parts_fit_the_schema_and_are_read_back() -> None:
    for part in record_datagrams(result_of(*(face(id) for id in range(60)))):
        Draft202012Validator(record_schema()).validate(json.loads(part))
        assert result_from(json.loads(part)).faces


def test_a_single_face_is_never_split() -> None:
    assert len(record_datagrams(result_of(face()), most_bytes=10)) == 1
    assert len(record_datagrams(result_of(face(), face()), most_bytes=10)) == 2


def test_sixty_faces_arrive() -> None:
    with receiving() as receiver, UdpSink(receiver.address) as sink:
        sink.write(FRAME, result_of(*(face(id) for id in range(60))))
        ids = [one["id"] for part in receiver.stop() for one in json.loads(part)["faces"]]
    assert ids == list(range(60))


def test_an_absent_receiver_is_counted_and_the_run_goes_on() -> None:
    address = silent_address()
    with UdpSink(address) as sink:
        for frame in range(5):
            sink.write(FRAME, result_of(face(), frame=frame))
        assert sink.notes() == (f"udp {address} lost 5 datagrams (nobody listens there)",)


def test_a_receiver_that_comes_back_gets_every_frame_from_then_on() -> None:
    address = silent_address()
    host, port = address.split(":")
    with UdpSink(address) as sink:
        sink.write(FRAME, result_of(frame=0))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
            receiver.bind((host, int(port)))
            receiver.settimeout(5)
            for frame in (1, 2):
                sink.write(FRAME, result_of(frame=frame))
            assert [json.loads(receiver.recv(65535))["frame"] for _ in range(2)] == [1, 2]
        assert sink.notes() == (f"udp {address} lost 1 datagram (nobody listens there)",)


@pytest.mark.parametrize("code", [errno.EAGAIN, errno.ENETUNREACH, errno.ENOBUFS, errno.EMSGSIZE])
def test_what_the_network_does_not_take_is_counted(code: int) -> None:
    with receiving() as receiver, UdpSink(receiver.address) as sink:
        real, sink._socket = sink._socket, Broken(code)
        try:
            sink.write(FRAME, result_of())
        finally:
            sink._socket = real
        assert sink.lost == 1
        sink.write(FRAME, result_of())
        assert len(receiver.stop()) == 1


class Broken(socket.socket):
    def __init__(self, code: int) -> None:
        super().__init__(socket.AF_INET, socket.SOCK_DGRAM)
        self.code = code

    def send(self, *_: object) -> int:
        self.close()
        raise OSError(self.code, "")


def test_closing_twice_is_safe() -> None:
    sink = UdpSink(silent_address())
    sink.write(FRAME, result_of())
    sink.close()
    sink.close()
    assert sink.lost == 1
    assert sink.notes()[0].endswith("lost 1 datagram (nobody listens there)")
