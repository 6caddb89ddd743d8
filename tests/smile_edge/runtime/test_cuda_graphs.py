"""Runs through buffers on the device, recorded as CUDA graphs; on a GPU that is not there."""

import threading
import time

import numpy as np
import pytest
from fake_ort import FakeOrtValue, FakeSession, check, fake_ort, rows

from smile_edge.runtime.cuda_graphs import BUCKETS, MOST_SHAPES, BoundRuns, bucket_of


def bound(session=None, graphs=True):
    return BoundRuns(fake_ort(), session or FakeSession(graphs=graphs), graphs=graphs)


@pytest.mark.parametrize(("count", "bucket"), [(0, 1), (1, 1), (2, 2), (3, 4), (5, 8), (33, 64), (64, 64), (65, None)])
def test_a_batch_goes_into_the_smallest_bucket_that_holds_it(count, bucket):
    assert bucket_of(count) == bucket


@pytest.mark.parametrize("graphs", [True, False])
@pytest.mark.parametrize("count", [0, 1, 2, 3, 7, 64, 65])
def test_padding_never_shows_in_the_results(count, graphs):
    runs = bound(graphs=graphs)
    for first in (1.0, 50.0):
        check(runs, rows(count, first))


def test_rows_of_a_larger_batch_do_not_come_back_in_a_smaller_one():
    runs = bound()
    check(runs, rows(4, 100.0))
    check(runs, rows(3))


def test_buffers_are_made_once_a_bucket_and_lie_on_the_device():
    session = FakeSession()
    runs = bound(session)
    for count in (3, 4, 3, 1, 4, 1, 2):
        check(runs, rows(count))

    assert len(session.bindings) == 3
    assert [(shape, device) for shape, device, _ in FakeOrtValue.made] == [
        ((4, 3), "cuda"),
        ((1, 3), "cuda"),
        ((2, 3), "cuda"),
    ]


def test_each_bucket_is_recorded_once_after_a_run_that_is_not_and_then_replayed_on_the_same_buffers():
    session = FakeSession()
    runs = bound(session)
    for count in (3, 1, 4):
        check(runs, rows(count))

    assert session.calls == [
        ("bound", "-1", 4),  # chooses kernels and tells the outputs' shapes
        ("bound", "1", 4),  # recorded
        ("bound", "1", 4),  # replayed for three rows
        ("bound", "-1", 1),
        ("bound", "2", 1),
        ("bound", "2", 1),
        ("bound", "1", 4),
    ]


def test_without_cuda_graphs_no_graph_is_asked_for():
    session = FakeSession(graphs=False)
    runs = bound(session, graphs=False)
    check(runs, rows(2))
    check(runs, rows(2))

    assert {graph_id for _, graph_id, _ in session.calls} == {None}
    assert len(session.bindings) == 1


def test_a_batch_beyond_the_largest_bucket_runs_unbound_and_unrecorded():
    session = FakeSession()
    check(bound(session), rows(BUCKETS[-1] + 1))

    assert session.calls == [("plain", "-1", 65)]


def test_a_model_of_fixed_size_is_not_padded():
    session = FakeSession(free=False)
    check(bound(session), rows(4))

    assert [shape for shape, _, _ in FakeOrtValue.made] == [(4, 3)]


def test_buffers_for_ever_new_shapes_do_not_fill_the_device():
    session = FakeSession()
    runs = bound(session)
    for columns in range(1, MOST_SHAPES + 5):
        x = np.ones((1, columns), np.float32)
        np.testing.assert_array_equal(runs.run({"x": x})["y"], x * 2)

    assert len(session.bindings) == MOST_SHAPES
    assert session.calls[-1] == ("plain", "-1", 1)


def test_a_later_shape_that_cannot_be_recorded_runs_without_and_says_so(caplog):
    session = FakeSession()
    session.fails = lambda kind, graph_id, rows: RuntimeError("CUDA failure 900\nlong") if graph_id == "2" else None
    runs = bound(session)
    check(runs, rows(1))
    for _ in range(3):
        check(runs, rows(2))

    assert [record.message for record in caplog.records] == [
        "shapes [(2, 3)] run without a CUDA graph: CUDA failure 900"
    ]
    assert session.calls[-1] == ("plain", "-1", 2)


def test_strided_feeds_are_copied_whole():
    check(bound(), rows(8)[::2])
    check(bound(), np.asfortranarray(rows(4)))


def test_callers_in_several_threads_take_turns():
    session = FakeSession()
    inside, overlaps = [], []

    def slowly(kind, graph_id, count):
        inside.append(1)
        overlaps.append(len(inside))
        time.sleep(0.002)
        inside.pop()

    session.fails = slowly
    runs = bound(session)
    threads = [threading.Thread(target=check, args=(runs, rows(2, first))) for first in (1.0, 9.0, 70.0)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(overlaps) == 5
    assert max(overlaps) == 1
