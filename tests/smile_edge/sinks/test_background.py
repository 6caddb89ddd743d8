"""Outputs in a thread of their own: order, back pressure, and what is left out. How they end is tested beside this."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from gates import WAIT_S, Gate, Open, held_up, in_a_thread, record

from smile_edge.errors import UsageError
from smile_edge.records import Frame, FrameResult
from smile_edge.sinks import BackgroundSink, JsonlSink, VideoSink


def test_every_record_of_a_file_is_written_in_order_by_another_thread():
    with BackgroundSink(gate := Open(), capacity=2) as output:
        for index in range(50):
            output.write(*record(index))
    assert gate.indices == list(range(50))
    assert gate.threads == {"write gate"}
    assert output.left_out == 0


def test_a_file_waits_while_the_queue_is_full_and_goes_on_when_there_is_room():
    with BackgroundSink(gate := Gate(), capacity=2) as output:
        held_up(gate, output)
        handed_over = []

        def hand_over() -> None:
            for index in range(1, 6):
                output.write(*record(index))
                handed_over.append(index)

        writer = in_a_thread(hand_over)
        writer.join(0.05)
        assert len(handed_over) <= 2
        gate.opened.set()
        writer.join(WAIT_S)
    assert gate.indices == list(range(6))


def test_a_live_source_never_waits_and_the_oldest_waiting_records_are_left_out():
    with BackgroundSink(gate := Gate(), capacity=3) as output:
        held_up(gate, output, live=True)
        for index in range(1, 10):
            output.write(*record(index, live=True))  # would hang if it waited: nothing opens the gate before
        assert output.left_out == 6
        gate.opened.set()
    assert gate.indices == [0, 7, 8, 9]


def test_beside_a_file_only_records_of_the_live_source_are_left_out():
    with BackgroundSink(gate := Gate(), capacity=2) as output:
        held_up(gate, output)
        for index, live in ((1, True), (2, False), (3, True), (4, True)):
            output.write(*record(index, live=live))
        writer = in_a_thread(lambda: output.write(*record(5)))
        gate.opened.set()
        writer.join(WAIT_S)
        assert output.left_out == 2
    assert gate.indices == [0, 2, 4, 5]


def test_where_only_records_of_files_wait_the_new_live_one_is_left_out():
    with BackgroundSink(gate := Gate(), capacity=1) as output:
        held_up(gate, output)
        output.write(*record(1))
        output.write(*record(2, live=True))
        assert output.left_out == 1
        gate.opened.set()
    assert gate.indices == [0, 1]


def test_flush_waits_for_the_record_that_is_being_written():
    with BackgroundSink(gate := Gate()) as output:
        held_up(gate, output)
        flusher = in_a_thread(output.flush)
        flusher.join(0.02)
        assert flusher.is_alive()
        gate.opened.set()
        flusher.join(WAIT_S)
        assert gate.indices == [0]


def test_pictures_are_handed_over_as_they_are_and_only_to_those_who_need_them():
    with BackgroundSink(drawn := Open()) as pictures, BackgroundSink(text := Open(needs_image=False)) as records:
        frame, result = record(3)
        pictures.write(frame, result)
        records.write(frame, result)
        assert pictures.capacity < records.capacity
    assert drawn.images[0] is frame.image
    assert text.images[0].size == 0
    assert not JsonlSink.needs_image
    assert VideoSink.needs_image


def test_a_capacity_below_one_is_refused():
    with pytest.raises(UsageError, match="capacity=0"):
        BackgroundSink(Open(), capacity=0)


def test_lines_can_be_read_while_it_runs(tmp_path: Path):
    path = tmp_path / "out.jsonl"
    with BackgroundSink(JsonlSink(path)) as output:
        output.write(*record(7))
        output.flush()
        assert json.loads(path.read_text("utf-8"))["frame"] == 7


def test_a_video_is_whole(tmp_path: Path):
    path = tmp_path / "out.avi"
    with BackgroundSink(VideoSink(path), capacity=1) as output:
        for index in range(10):
            output.write(Frame(np.zeros((48, 64, 3), np.uint8), index), FrameResult("a", index, 0.0, 64, 48))
    video = cv2.VideoCapture(str(path))
    assert sum(1 for _ in iter(lambda: video.read()[0], False)) == 10
