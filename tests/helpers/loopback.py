"""A small HTTP server on the loopback device: a motion JPEG stream with faults, and files that can be sought in."""

import http.server
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
from made_videos import grey

__all__ = ["serving"]

_JPEG = [cv2.imencode(".jpg", grey(index))[1].tobytes() for index in range(14)]


class _Handler(http.server.BaseHTTPRequestHandler):
    folder: Path

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        name = self.path.partition("?")[0].strip("/")
        try:
            if (self.folder / name).is_file():
                self._send_file((self.folder / name).read_bytes())
            elif name in ("missing", "locked"):
                self.send_error({"missing": 404, "locked": 401}[name])
            else:
                self._send_parts(name)
        except OSError:
            pass  # whoever asked has gone

    def _send_file(self, data: bytes) -> None:
        asked = re.match(r"bytes=(\d+)-", self.headers.get("Range", ""))
        start = int(asked[1]) if asked else 0
        self.send_response(206 if asked else 200)
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(len(data) - start))
        if asked:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        self.end_headers()
        self.wfile.write(data[start:])

    def _send_parts(self, name: str) -> None:
        """`ok`; `garbage`: every seventh part is noise; `drop`: the line is cut after twenty parts."""
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        for index in range(100_000):
            if name == "drop" and index == 20:
                return
            part = bytes(range(256)) * 4 if name == "garbage" and index % 7 == 5 else _JPEG[index % len(_JPEG)]
            head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(part)}\r\n\r\n"
            self.wfile.write(head.encode() + part + b"\r\n")
            self.wfile.flush()
            time.sleep(0.005)


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The address of a server of the files of a folder, and of the streams `ok`, `garbage` and `drop`."""
    handler = type("Handler", (_Handler,), {"folder": folder})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
