"""A Ray on this machine alone, or one that runs already: joined, asked what it has, left."""

import os
import re
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from smile_edge.batch.ray_data.library import ray_library
from smile_edge.errors import UsageError, WorkerError, one_line

__all__ = ["LOCAL", "Cluster", "check_address"]

LOCAL = "local"
"""Address of a Ray that is started here and ends with the run."""

_ADDRESS = re.compile(r"(\[[0-9A-Fa-f:]+\]|[A-Za-z0-9._-]+):(\d{1,5})", re.ASCII)
_STORE_BYTES = 200 << 20
"""Shared memory of a Ray that is started here: blocks of paths and rows take some megabytes, more go to disk."""
_ANSWER_S = 5.0
"""How long a cluster may take to answer."""
_SETTINGS = b"\x04"
"""Kind of the frame that both ends of an HTTP/2 connection send first."""
_GREETING = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0" + _SETTINGS + bytes(5)


def check_address(address: str) -> None:
    """Holds that it is `local`, `auto` or `HOST:PORT`.

    Raises:
        UsageError: it is not.
    """
    found = _ADDRESS.fullmatch(address)
    if address in (LOCAL, "auto") or (found is not None and 0 < int(found[2]) < 65536):
        return
    raise UsageError(
        f"--ray takes auto (the Ray that runs on this machine), HOST:PORT, or nothing. Received: {address[:60]!r}"
    )


class Cluster:
    """Ray, from the start of a `with` to its end.

    Example:
        >>> with Cluster("local", cpus=4) as cluster:
        ...     faces = from_items(paths).map_batches(FaceActor, concurrency=cluster.cpus)
    """

    def __init__(self, address: str = LOCAL, *, cpus: int = 1) -> None:
        """Nothing is started yet.

        Args:
            address: `local`, `auto` for the one that runs on this machine, or `HOST:PORT`.
            cpus: of one that is started here.

        Raises:
            UsageError: the address is none.
            WorkerError: Ray is not installed.
        """
        check_address(address)
        self._ray, self._address, self._cpus = ray_library(), address, cpus

    def __enter__(self) -> "Cluster":
        """Starts or joins it.

        Raises:
            WorkerError: nobody answers, or it cannot be started.
        """
        options: dict[str, Any] = {"include_dashboard": False} if self._address == LOCAL else {}
        if self._address == LOCAL:
            options |= {"num_cpus": self._cpus, "object_store_memory": _STORE_BYTES}
        else:
            _check_answers(self._address)
        try:
            with _signals_kept():
                self._ray.init(address=self._address, log_to_driver=False, logging_level="ERROR", **options)
        except Exception as error:
            self._ray.shutdown()
            why = one_line(error)[:200]
            if self._address == LOCAL:
                raise WorkerError(f"--ray: Ray cannot be started here: {why}") from None
            raise WorkerError(
                f"--ray: no Ray answers at {self._address}: {why}; one that asks for a token takes RAY_AUTH_MODE=token"
            ) from None
        context = self._ray.data.DataContext.get_current()
        context.enable_progress_bars = context.print_on_execution_start = False
        return self

    def __exit__(self, *_: object) -> None:
        self._ray.shutdown()

    @property
    def cpus(self) -> int:
        """Of all machines together, as far as they have joined."""
        return int(self._ray.cluster_resources().get("CPU", 0))

    @property
    def gpus(self) -> int:
        """The same of GPUs."""
        return int(self._ray.cluster_resources().get("GPU", 0))


def _check_answers(address: str) -> None:
    """Greets the other end as gRPC does, since Ray itself would wait for minutes for somebody who is no Ray."""
    found = _ADDRESS.fullmatch(address)
    if found is None or os.environ.get("RAY_USE_TLS", "0") != "0":
        return
    try:
        with socket.create_connection((found[1].strip("[]"), int(found[2])), _ANSWER_S) as connection:
            connection.sendall(_GREETING)
            answer = connection.recv(9)
        why = None if answer[3:4] == _SETTINGS else "no Ray"
    except OSError as error:
        why = error.strerror or str(error)
    if why is not None:
        raise WorkerError(
            f"--ray: no Ray answers at {address} ({why}): expected the address that `ray start --head` told"
        )


@contextmanager
def _signals_kept() -> Iterator[None]:
    """Ray takes SIGTERM over; whoever had it gets it back."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)
