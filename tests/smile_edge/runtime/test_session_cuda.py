"""What is asked of onnxruntime on CUDA and TensorRT, and what happens when it refuses; on a GPU that is not there.

What only a GPU can show: that a capture succeeds and replays to the same values, and what it wins.
"""

import logging
import time

import pytest
from fake_ort import CPU, CUDA, TENSORRT, FakeRunOptions, FakeSession, check, fake_ort, rows

from smile_edge.errors import ProviderError
from smile_edge.runtime import providers
from smile_edge.runtime import session as module
from smile_edge.runtime.session import OnnxSession


@pytest.fixture
def gpu(monkeypatch, tmp_path):
    """A machine with a GPU; `open` gives each session that onnxruntime is asked for, in order, or raises."""

    def arrange(*answers, said=""):
        asked, left = [], list(answers)

        def create(path, options, providers):
            asked.append((dict(providers), options))
            if [name for name, _ in providers] == [CPU]:
                return FakeSession([CPU], {CPU: 2}, graphs=False)
            answer = left.pop(0)
            if said:
                print(said)  # noqa: T201  # as onnxruntime does
            if isinstance(answer, Exception):
                raise answer
            return answer

        monkeypatch.setattr(module, "missing_driver", lambda: None)
        monkeypatch.setattr(module.ort, "get_available_providers", lambda: [TENSORRT, CUDA, CPU])
        monkeypatch.setattr(module.ort, "preload_dlls", lambda: None, raising=False)
        monkeypatch.setattr(module.ort, "InferenceSession", create)
        monkeypatch.setattr(module.ort, "OrtValue", fake_ort().OrtValue)
        monkeypatch.setattr(module.ort, "RunOptions", FakeRunOptions)
        return asked

    monkeypatch.setenv(providers.CACHE_VARIABLE, str(tmp_path / "cache"))
    path = tmp_path / "tiny.onnx"
    path.write_bytes(b"never read")
    return arrange, path


def test_a_cuda_session_is_asked_for_graphs_the_quick_search_and_full_precision(gpu):
    arrange, path = gpu
    asked = arrange(FakeSession())
    session = OnnxSession(path, provider="cuda", sizes={"h": 480})

    options = {"cudnn_conv_algo_search": "HEURISTIC", "use_tf32": "0", "enable_cuda_graph": "1"}
    assert asked[0][0] == {CUDA: options, CPU: {}}
    assert (session.report.obtained, session.report.cuda_graphs, session.report.reason) == ("cuda", True, None)


def test_the_batches_that_come_soonest_are_recorded_before_the_session_is_handed_over(gpu):
    arrange, path = gpu
    fake = FakeSession()
    arrange(fake)
    fake.inputs[0].shape = ["n", 3]
    session = OnnxSession(path, provider="cuda")
    before = len(fake.bindings)
    check(session, rows(5))

    assert before == len(fake.bindings) == 4
    assert [len(binding.inputs["x"].array) for binding in fake.bindings] == [1, 2, 4, 8]


@pytest.mark.parametrize("how", ["refused", "refused in silence", "failed in the warm run"])
def test_a_model_that_cannot_be_captured_runs_on_cuda_without_graphs_and_says_why(gpu, how):
    arrange, path = gpu
    text = "This session cannot use the graph capture feature as requested by the user"
    first = FakeSession()
    if how == "refused":
        first = RuntimeError(text)
    elif how == "refused in silence":
        first = FakeSession([CPU], {CPU: 2})
    else:
        text = "CUDA failure 900: operation not permitted when stream is capturing"
        first.fails = lambda kind, graph_id, rows: RuntimeError(text) if graph_id == "1" else None
    asked = arrange(first, FakeSession(graphs=False), said=f"EP Error {text}" if "silence" in how else "")
    session = OnnxSession(path, provider="cuda")

    assert (session.report.obtained, session.report.cuda_graphs) == ("cuda", False)
    assert "runs without CUDA graphs" in session.report.reason
    assert text in session.report.reason
    assert "enable_cuda_graph" not in asked[1][0][CUDA]
    check(session, rows(3))


def test_a_cuda_that_fails_with_graphs_and_without_leaves_the_cpu(gpu):
    arrange, path = gpu
    broken, again = FakeSession(), FakeSession(graphs=False)
    broken.fails = again.fails = lambda *call: RuntimeError("CUDNN failure 1000\nlong trace")
    arrange(broken, again)
    session = OnnxSession(path)

    assert (session.report.obtained, session.report.reason) == ("cpu", "CUDNN failure 1000")
    assert session.report.cuda_graphs is False
    check(session, rows(3))


def test_missing_libraries_are_not_looked_for_twice(gpu):
    arrange, path = gpu
    asked = arrange(FakeSession([CPU], {CPU: 2}), said="Failed to load libcudnn.so.9: cannot open")
    session = OnnxSession(path)

    assert session.report.reason == "CUDA libraries are missing (libcudnn.so.9)"
    assert len(asked) == 2  # once with CUDA, then the CPU


def test_a_second_refusal_falls_back_to_the_cpu_or_is_an_error(gpu):
    arrange, path = gpu
    arrange(RuntimeError("cannot capture"), RuntimeError("out of memory"))
    assert OnnxSession(path).report.reason == "out of memory"
    arrange(RuntimeError("cannot capture"), RuntimeError("out of memory"))
    with pytest.raises(ProviderError, match="out of memory"):
        OnnxSession(path, provider="cuda")


def test_tensorrt_keeps_its_engines_and_runs_through_buffers_without_graphs(gpu, tmp_path):
    arrange, path = gpu
    fake = FakeSession([TENSORRT, CUDA, CPU], {TENSORRT: 2}, graphs=False)
    asked = arrange(fake)
    session = OnnxSession(path, provider="tensorrt")

    folder = tmp_path / "cache" / "smile-edge" / "tensorrt"
    options = asked[0][0][TENSORRT]
    assert folder.is_dir()
    assert options["trt_engine_cache_enable"] == options["trt_timing_cache_enable"] == "1"
    assert options["trt_engine_cache_path"] == options["trt_timing_cache_path"] == str(folder)
    assert "enable_cuda_graph" not in asked[0][0][CUDA]
    assert (session.report.obtained, session.report.cuda_graphs) == ("tensorrt", False)
    check(session, rows(3))
    assert {kind for kind, _, _ in fake.calls} == {"bound"}


def test_a_start_that_takes_long_says_so_while_it_lasts_and_how_long_it_took(gpu, monkeypatch, caplog):
    arrange, path = gpu
    monkeypatch.setattr(module, "_SLOW_S", 0.02)
    fake = FakeSession()
    seen = []

    def slow(kind, graph_id, count):
        if not seen:
            deadline = time.monotonic() + 5
            while not caplog.records and time.monotonic() < deadline:
                time.sleep(0.005)
            seen.extend(record.getMessage() for record in caplog.records)

    fake.fails = slow
    arrange(fake)
    with caplog.at_level(logging.WARNING):
        OnnxSession(path, provider="cuda")

    assert seen == ["preparing tiny.onnx for cuda, this can take a while"]
    assert caplog.records[-1].getMessage().startswith("preparing tiny.onnx for cuda took ")


def test_a_quick_start_says_nothing(gpu, caplog):
    arrange, path = gpu
    arrange(FakeSession())
    OnnxSession(path, provider="cuda")
    assert not caplog.records
