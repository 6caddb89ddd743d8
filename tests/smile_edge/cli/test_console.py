"""The line that is redrawn."""

import pytest

from smile_edge.cli.console import LiveLine, provider_text
from smile_edge.runtime.report import ExecutionReport


def test_a_line_that_is_redrawn_fits_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "20")

    LiveLine().draw("0123456789" * 3)

    assert capsys.readouterr().err == "\r0123456789012345678"  # no escape codes but on a terminal


@pytest.mark.parametrize(
    ("wanted", "reason", "text"),
    [
        ("auto", "no NVIDIA driver on this machine (libcuda.so.1 not found)", "cpu"),
        ("auto", "this onnxruntime was built without cuda", "cpu"),
        ("auto", "CUDA libraries are missing (libcudnn.so.9)", "cpu (CUDA libraries are missing (libcudnn.so.9))"),
        ("cuda", "no NVIDIA driver on this machine", "cpu (no NVIDIA driver on this machine)"),
    ],
)
def test_that_a_machine_without_a_gpu_has_none_is_told_to_those_who_asked_for_one(
    wanted: str, reason: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("smile_edge.runtime.providers.missing_driver", lambda: "no NVIDIA driver")
    assert provider_text({"detector": ExecutionReport(wanted, "cpu", reason, "1.0", 1.0)}) == text


def test_an_onnxruntime_without_cuda_beside_a_driver_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smile_edge.runtime.providers.missing_driver", lambda: None)
    report = ExecutionReport("auto", "cpu", "this onnxruntime was built without cuda", "1.0", 1.0)
    assert provider_text({"detector": report}) == "cpu (this onnxruntime was built without cuda)"
