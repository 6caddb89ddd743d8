"""What runs on the machines of a cluster: an actor that hands images to a process of its own."""

import os
import platform
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from smile_edge.batch.inputs import Numbered
from smile_edge.batch.process_pool import ProcessPool
from smile_edge.batch.ray_data.attempts import Attempts
from smile_edge.batch.schedule import Chunk, Schedule, unread
from smile_edge.batch.stores.run_file import digest_of_models
from smile_edge.batch.worker_pool import WorkerPool, default_timeout_s
from smile_edge.batch.worker_process import WorkerProcess
from smile_edge.errors import ModelError, SourceError
from smile_edge.imaging.limits import set_max_pixels
from smile_edge.imaging.memory_turn import RUN_VARIABLE
from smile_edge.records import FrameResult
from smile_edge.records.names import unescaped_name
from smile_edge.runtime.manifest import find_models
from smile_edge.runtime.report import ExecutionReport
from smile_edge.sinks.parquet.table import faces_table
from smile_edge.validation import check_counts, check_given, check_seconds

__all__ = ["FaceActor", "identity_of", "opened"]

_AHEAD = 3
"""Tasks in work or waiting, as in `ProcessPool`."""
_DEATHS = 2
"""Actors killed at a block, and at one of its images then, until it is taken for the reason."""


class FaceActor:
    """Finds the faces of images, for `Dataset.map_batches`.

    The models are opened in a process of the actor's own, once. A process that dies, or gives no result in time, is
    replaced and its images are tried once more, each by itself; an image that costs a second process is a row with
    `error`. So no image ends the actor, unless the system takes it along with its process.

    Example:
        >>> faces = from_items(paths).map_batches(
        ...     FaceActor,
        ...     fn_constructor_kwargs={"settings": {"provider": "cpu"}},
        ...     batch_size=None,
        ...     batch_format="pyarrow",
        ...     concurrency=16,
        ...     num_cpus=1,
        ... )
    """

    def __init__(
        self,
        settings: Mapping[str, Any] | None = None,
        *,
        batch: int = 4,
        timeout_s: float | None = None,
        max_pixels: int | None = None,
        folder: str | None = None,
        identity: str | None = None,
        run: str = "",
    ) -> None:
        """Nothing is opened before the first images come.

        Args:
            settings: what is handed to `FacePipeline`; `models` is a folder on each machine.
            batch: images in one detector call.
            timeout_s: for an image, and for up to four of one call together; None is 60 s, with tiles 600.
            max_pixels: of an image that is decoded; None is the default.
            folder: what relative paths are relative to; None is wherever Ray started the actor.
            identity: of models and version, see `identity_of`, that this machine must have.
            run: a name that all actors of a run share. With it one large image is decoded at a time on each machine,
                and an image at which actors themselves are killed becomes a row with `error`.

        Raises:
            UsageError: a number is below one, or `timeout_s` is not above 0.
        """
        check_given(batch=batch)
        check_counts(batch=batch, max_pixels=max_pixels)
        check_seconds(timeout_s=timeout_s)
        self._settings = {"provider": "auto", **(settings or {})}
        self._batch, self._folder, self._identity = batch, folder, identity
        self._expression = bool(self._settings.get("expression"))
        self._begun, self._attempts = False, Attempts(run)
        if timeout_s is None:
            timeout_s = default_timeout_s(tiled=self._settings.get("tiles") not in (None, "off"))
        self._pool = WorkerPool(self._hired, 1, timeout_s)
        if max_pixels is not None:
            set_max_pixels(max_pixels)
        if run:
            os.environ[RUN_VARIABLE] = run

    def __call__(self, images: Any) -> Any:
        """The faces of a few images.

        Args:
            images: a `pyarrow.Table` of `from_items`.

        Returns:
            A `pyarrow.Table` of `smile_edge.sinks.parquet.faces_schema`, in the order of the images.

        Raises:
            ModelError: this machine has other models or another version than those expected.
            SourceError: it has no such folder.
            WorkerError, SmileEdgeError: the models cannot be opened.
        """
        if not self._begun:
            self._begin()
        paths = (Path(unescaped_name(name)) for name in images.column("source").to_pylist())
        chunk = list(zip(images.column("frame").to_pylist(), paths, strict=True))
        return faces_table(self._results(chunk), expression=self._expression)

    def _results(self, chunk: Chunk) -> list[FrameResult]:
        """Of a block at which several actors were killed each image by itself, to find out which it is."""
        if not chunk:
            return []
        with self._attempts.at(f"block-{chunk[0][0]}") as deaths:
            if deaths < _DEATHS:
                return self._looked_at(chunk)
            return [result for image in chunk for result in self._alone(image)]

    def _alone(self, image: tuple[int, Path]) -> list[FrameResult]:
        with self._attempts.at(f"image-{image[0]}") as deaths:
            if deaths < _DEATHS:
                return self._looked_at([image])
            return [unread(*image, "the worker and its process were killed (out of memory?), tried twice")[1]]

    def _looked_at(self, chunk: Chunk) -> list[FrameResult]:
        numbered = Numbered(chunk)
        results = self._pool.results(Schedule(numbered.paths(), self._batch, _AHEAD))
        return [result for _, result in numbered.numbered(results)]

    def close(self) -> None:
        """Ends the actor's process. Ray ends both together, so only whoever calls an actor without Ray needs it."""
        self._pool.close()

    def _begin(self) -> None:
        _get_ready(self._folder)
        models = self._settings.get("models")
        if self._identity is not None and identity_of(models) != self._identity:
            raise ModelError(
                f"the machine {platform.node()} has other models or another version of smile-edge than the one"
                " that runs this command: install the same on all"
            )
        self._begun = True

    def _hired(self) -> WorkerProcess:
        worker = WorkerProcess()
        worker.settings = self._settings
        return worker


def identity_of(models: Path | None) -> str:
    """What models and which version a machine has.

    Raises:
        ModelError: there are no models.
    """
    import smile_edge

    return f"{smile_edge.__version__} {digest_of_models(find_models(models))}"


def opened(settings: Mapping[str, Any], folder: str | None) -> dict[str, ExecutionReport]:
    """What the models run on where this is called; a task of Ray.

    Raises:
        SourceError: there is no such folder.
        WorkerError, SmileEdgeError: they cannot be opened.
    """
    _get_ready(folder)
    with ProcessPool(1) as pool:
        return pool.open(settings)


def _get_ready(folder: str | None) -> None:
    # A process that is spawned imports what was run here: Ray's worker, which takes a second and is of no use to it.
    vars(sys.modules["__main__"]).pop("__file__", None)
    if folder is not None:
        try:
            os.chdir(folder)
        except OSError as error:
            raise SourceError(
                f"{folder}, which paths are relative to, cannot be entered on {platform.node()}: {error.strerror}"
            ) from None
