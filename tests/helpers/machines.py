"""Facts of made-up machines: one with everything, one whose GPU is not used."""

from dataclasses import replace

from smile_edge.diagnostics.facts import CameraFacts, Facts, ModelFacts, WindowFacts
from smile_edge.diagnostics.nvidia import NvidiaFacts, needed_libraries
from smile_edge.runtime.manifest import MODELS

__all__ = ["NEEDED", "ON_CPU", "ON_CUDA", "SOUND", "UNUSED_GPU"]

NEEDED = needed_libraries("13.0", "linux")
ON_CPU = tuple(
    ModelFacts(name, f"/m/{name}.onnx", "ab" * 32, "cpu", "no driver", 1.0, {"cpu": {"Conv": 3}}) for name in MODELS
)
ON_CUDA = tuple(replace(model, obtained="cuda", reason=None, placement={"cuda": {"Conv": 3}}) for model in ON_CPU)
SOUND = Facts(
    wanted="auto",
    version="1",
    python="3.11.7",
    system="Linux",
    wheels={"numpy": "2.4.6", "onnxruntime-gpu": "1.31.1", "opencv-python": "5.0.0.93"},
    modules={"numpy": "2.4.6", "cv2": "5.0.0", "onnxruntime": "1.31.1"},
    providers=("tensorrt", "cuda", "cpu"),
    cuda="13.0",
    nvidia=NvidiaFacts(("H100, driver 580.1",), True, "13.0", dict.fromkeys(NEEDED, "system")),
    models_folder="/m",
    models=ON_CUDA,
    window=WindowFacts("QT5", True),
    cameras=(CameraFacts("/dev/video0", "Webcam"),),
)
"""A machine with everything."""
UNUSED_GPU = replace(SOUND, models=ON_CPU)
