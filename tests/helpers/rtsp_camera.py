"""An RTSP camera on the loopback device that can be away for a while."""

import socket
import subprocess
import sys
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Self

__all__ = ["RtspCamera", "python_with_gstreamer"]

_PROBE = "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer"


@cache
def python_with_gstreamer() -> str | None:
    """The Python that has GStreamer's bindings, this one or the system's; None where neither has."""
    for python in (sys.executable, "/usr/bin/python3"):
        try:
            if subprocess.run([python, "-c", _PROBE], capture_output=True, check=False).returncode == 0:
                return python
        except OSError:
            continue
    return None


class RtspCamera:
    """A server in a process of its own; `stop` kills it, `start` brings it back at the same address."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        self.url = f"rtsp://127.0.0.1:{self._port}/live"
        self._process: subprocess.Popen[str] | None = None

    def start(self, width: int = 160, height: int = 120) -> None:
        python, script = python_with_gstreamer(), Path(__file__).with_name("gst_rtsp_server.py")
        assert python is not None
        command = [python, str(script), str(self._port), str(width), str(height)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n"

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
