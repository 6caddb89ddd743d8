"""What a session says it runs on is what it runs on; an accelerator asked for by name is never replaced in silence."""

from types import SimpleNamespace

import numpy as np
import pytest

from smile_edge.errors import ModelError, ProviderError, UsageError
from smile_edge.runtime import session as module
from smile_edge.runtime.session import OnnxSession


class FakeOrtSession:
    """An onnxruntime session that got `providers`, with `nodes` by provider; `failure` is raised by its first run."""

    def __init__(self, providers, nodes, failure=None):
        self.providers, self.nodes, self.failure = providers, nodes, failure

    def get_providers(self):
        return self.providers

    def get_inputs(self):
        return []

    get_outputs = get_inputs

    def run(self, names, feeds):
        if self.failure is not None:
            raise self.failure
        return []

    def get_provider_graph_assignment_info(self):
        return [FakePart(provider, count) for provider, count in self.nodes.items()]


class FakePart:
    def __init__(self, ep_name, count):
        self.ep_name, self.count = ep_name, count

    def get_nodes(self):
        return [SimpleNamespace(op_type="Conv")] * self.count


class UnboundRuns:
    """A session's runs without buffers on a device, which no test here is about."""

    def __init__(self, ort, session, *, graphs):
        self.session, self.graphs = session, graphs

    def run(self, feeds):
        return self.session.run(None, feeds)


CUDA, CPU = "CUDAExecutionProvider", "CPUExecutionProvider"


@pytest.fixture
def on_gpu_machine(monkeypatch):
    """A machine with a driver, on which onnxruntime answers with the given session (or raises, or prints)."""

    def arrange(answer, said=""):
        def create(path, options, providers):
            names = [name for name, _ in providers]
            if names == [CPU]:
                return FakeOrtSession([CPU], {CPU: 2})
            print(said)  # noqa: T201  # as onnxruntime does
            if isinstance(answer, Exception):
                raise answer
            return answer

        monkeypatch.setattr(module, "missing_driver", lambda: None)
        monkeypatch.setattr(module, "BoundRuns", UnboundRuns)
        monkeypatch.setattr(module.ort, "get_available_providers", lambda: [CUDA, CPU, "TensorrtExecutionProvider"])
        monkeypatch.setattr(module.ort, "preload_dlls", lambda: None, raising=False)
        monkeypatch.setattr(module.ort, "InferenceSession", create)

    return arrange


def test_all_outputs_come_back_by_name(model):
    x = np.linspace(-1, 1, 12, dtype=np.float32).reshape(1, 3, 2, 2)
    outputs = OnnxSession(model, provider="cpu").run({"x": x})
    np.testing.assert_array_equal(outputs["y"], np.maximum(x, 0))
    np.testing.assert_array_equal(outputs["z"], -x)


def test_names_and_shapes_are_shown(model):
    session = OnnxSession(model, provider="cpu")
    assert session.inputs == {"x": ("n", 3, "h", "w")}
    assert list(session.outputs) == ["y", "z"]


@pytest.mark.parametrize("threads", [1, 2])
def test_the_cpu_report_has_nothing_to_explain(model, threads):
    report = OnnxSession(model, provider="cpu", threads=threads).report
    assert (report.wanted, report.obtained, report.reason) == ("cpu", "cpu", None)
    assert report.warmup_ms > 0
    assert report.onnxruntime_version == module.runtime_version()


def test_without_a_driver_auto_falls_back_and_says_why(model, monkeypatch):
    monkeypatch.setattr(module, "missing_driver", lambda: "no NVIDIA driver on this machine")
    monkeypatch.setattr(module.ort, "get_available_providers", lambda: [CUDA, CPU])
    report = OnnxSession(model).report
    assert (report.wanted, report.obtained) == ("auto", "cpu")
    assert report.reason == "no NVIDIA driver on this machine"


@pytest.mark.parametrize("provider", ["cuda", "tensorrt"])
def test_an_onnxruntime_without_the_provider_is_an_error_with_the_cure(model, provider, monkeypatch):
    monkeypatch.setattr(module.ort, "get_available_providers", lambda: [CPU])
    with pytest.raises(ProviderError, match=rf"{provider} was not obtained: .*built without {provider}.*--provider"):
        OnnxSession(model, provider=provider)


def test_a_silent_fallback_of_onnxruntime_is_an_error(model, on_gpu_machine):
    on_gpu_machine(FakeOrtSession([CPU], {CPU: 2}), said="Failed to load libcublas.so.13: cannot open")
    with pytest.raises(ProviderError, match=r"CUDA libraries are missing \(libcublas\.so\.13\).*smile-edge\[cuda\]"):
        OnnxSession(model, provider="cuda")


def test_what_onnxruntime_prints_never_reaches_standard_output(model, on_gpu_machine, capfd):
    on_gpu_machine(FakeOrtSession([CPU], {CPU: 2}), said="EP Error: a long story")
    assert OnnxSession(model).report.reason == "cuda could not start on this machine"
    assert capfd.readouterr() == ("", "")


def test_a_failure_at_the_first_run_is_found_before_the_session_is_handed_over(model, on_gpu_machine):
    on_gpu_machine(FakeOrtSession([CUDA, CPU], {CUDA: 2}, failure=RuntimeError("CUDNN failure 1000\nlong trace")))
    assert OnnxSession(model).report.reason == "CUDNN failure 1000"
    with pytest.raises(ProviderError, match="CUDNN failure 1000") as caught:
        OnnxSession(model, provider="cuda")
    assert "\n" not in str(caught.value)


def test_a_session_that_put_no_node_on_cuda_did_not_obtain_cuda(model, on_gpu_machine):
    on_gpu_machine(FakeOrtSession([CUDA, CPU], {CPU: 2}))
    with pytest.raises(ProviderError, match="took none of the model's 2 nodes"):
        OnnxSession(model, provider="cuda")


def test_a_session_on_cuda_is_reported_with_its_nodes(model, on_gpu_machine):
    on_gpu_machine(FakeOrtSession([CUDA, CPU], {CUDA: 2}))
    report = OnnxSession(model).report
    assert (report.obtained, report.reason, report.nodes) == ("cuda", None, {"cuda": 2})


def test_what_runs_where_is_told_by_operator(model):
    assert OnnxSession(model, provider="cpu").placement() == {"cpu": {"Relu": 1, "Neg": 1}}


def test_without_a_recorded_assignment_a_profiled_run_tells_what_runs_where(model, monkeypatch):
    monkeypatch.setattr(module, "assigned_placement", lambda session: {})
    assert OnnxSession(model, provider="cpu").placement() == {"cpu": {"Relu": 1, "Neg": 1}}


def test_what_this_onnxruntime_was_built_with_is_told_by_short_names(monkeypatch):
    monkeypatch.setattr(module.ort, "get_available_providers", lambda: [CUDA, CPU, "AzureExecutionProvider"])
    assert module.available_providers() == ("cuda", "cpu", "AzureExecutionProvider")
    monkeypatch.setattr(module.ort, "cuda_version", "13.0", raising=False)
    assert module.built_for_cuda() == "13.0"
    monkeypatch.setattr(module.ort, "cuda_version", "", raising=False)
    assert module.built_for_cuda() is None


def test_nodes_left_on_the_cpu_are_told(model, on_gpu_machine):
    on_gpu_machine(FakeOrtSession([CUDA, CPU], {CUDA: 5, CPU: 1}))
    assert OnnxSession(model, provider="cuda").report.reason == "1 of 6 nodes do not run on cuda"


def test_missing_tensorrt_is_told_from_what_onnxruntime_printed(model, on_gpu_machine):
    on_gpu_machine(FakeOrtSession([CPU], {CPU: 2}), said="EP Error Please install TensorRT libraries")
    with pytest.raises(ProviderError, match=r"TensorRT libraries were not found\. Install TensorRT"):
        OnnxSession(model, provider="tensorrt")


def test_auto_on_this_machine_runs_whatever_it_got(model):
    session = OnnxSession(model)
    assert session.report.obtained == "cpu" or session.report.nodes
    assert (session.report.obtained == "cpu") == (session.report.reason is not None)
    assert session.run({"x": np.ones((1, 3, 2, 2), np.float32)})["z"].sum() == -12


def test_a_kept_run_reads_what_its_arrays_hold_now(model):
    x = np.ones((2, 3, 2, 2), np.float32)
    run = OnnxSession(model, provider="cpu").kept({"x": x[:1]})
    x[:] = -2
    assert run()["z"].tolist() == np.full((1, 3, 2, 2), 2.0).tolist()
    assert run()["y"].sum() == 0
    x[:] = 3
    assert run()["y"].sum() == 36


def test_a_kept_run_on_cuda_goes_through_the_devices_buffers(model, on_gpu_machine):
    session = FakeOrtSession([CUDA, CPU], {CUDA: 2})
    on_gpu_machine(session)
    x = np.ones((1, 3, 2, 2), np.float32)
    run = OnnxSession(model, provider="cuda").kept({"x": x})
    session.run = lambda names, feeds: {"z": -feeds["x"]}
    x[:] = 5
    assert run()["z"].max() == -5


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"provider": "gpu"}, "provider must be one of"),
        ({"threads": 0}, "threads must be at least"),
        ({"threads": 10**6}, "threads must be at most"),
    ],
)
def test_unusable_arguments_are_refused(model, arguments, said):
    with pytest.raises(UsageError, match=said):
        OnnxSession(model, **arguments)


def test_a_missing_or_broken_model_is_one_line(tmp_path):
    with pytest.raises(ModelError, match="No model file at"):
        OnnxSession(tmp_path / "none.onnx")
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"not a model")
    with pytest.raises(ModelError, match="cannot be opened as an ONNX model") as caught:
        OnnxSession(broken, provider="cpu")
    assert "\n" not in str(caught.value)
