"""The faces of many images as tables, out of the actors of a cluster; each image once."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from smile_edge.batch.ray_data.dataset import IMAGES_A_BLOCK, from_numbered
from smile_edge.batch.ray_data.library import ray_library
from smile_edge.errors import SmileEdgeError, WorkerError, one_line
from smile_edge.runtime.report import ExecutionReport

__all__ = ["Actors", "Returned", "face_tables", "reports_of"]

_BLOCKS_A_WORKER = 8
"""At least, so that all are done at about the same time."""
_MOST_IMAGES_A_BLOCK = 256
"""What is done again when an actor is lost: two to ten seconds of a core. Ray takes some milliseconds for a block."""


@dataclass(frozen=True, slots=True)
class Actors:
    """Who does the work."""

    count: int
    settings: Mapping[str, Any]
    """Of `FacePipeline`."""
    options: Mapping[str, Any]
    """Of `FaceActor`, besides."""
    cpus: int = 1
    """Of each."""
    gpus: float = 0.0
    """Of each; several may share one."""


def reports_of(actors: Actors) -> dict[str, ExecutionReport]:
    """What the models run on, by one machine that opens them.

    Raises:
        WorkerError: Ray cannot do it.
        SmileEdgeError: they cannot be opened.
    """
    from smile_edge.batch.ray_data.actor import opened

    ray = ray_library()
    task = ray.remote(num_cpus=actors.cpus, num_gpus=actors.gpus or None)(opened)
    try:
        found: dict[str, ExecutionReport] = ray.get(task.remote(actors.settings, actors.options.get("folder")))
    except Exception as error:
        raise _in_one_line(error) from None
    return found


def face_tables(images: Iterable[tuple[int, Path]], actors: Actors, count: int | None) -> Iterator[Any]:
    """The faces of images by actors.

    A block whose actor dies is done again by another. Its rows come back as a whole or not at all, and what comes twice
    is passed over.

    Args:
        images: each with its number; all are taken before the first is looked at.
        actors: who does it.
        count: images, for the size of blocks; None where only the end will tell.

    Yields:
        A `pyarrow.Table` of whole images, in the order in which they are done.

    Raises:
        WorkerError: actors die all the time, or images did not come back.
        SmileEdgeError: the models cannot be opened.
    """
    returned = Returned()
    size = IMAGES_A_BLOCK if count is None else count // (actors.count * _BLOCKS_A_WORKER)
    dataset = from_numbered(returned.sent(images), min(max(1, size), _MOST_IMAGES_A_BLOCK))
    if returned.missing:
        try:
            for table in _found(dataset, actors):
                yield returned.fresh(table)
        except Exception as error:
            raise _in_one_line(error) from None
    if returned.missing:
        raise WorkerError(f"Ray gave back no rows of {returned.missing} images: go on with --resume")


class Returned:
    """Which images went out, and which have come back."""

    def __init__(self) -> None:
        self._seen = bytearray()
        self.missing = 0
        """Images that have not come back."""

    def sent(self, images: Iterable[tuple[int, Path]]) -> Iterator[tuple[int, Path]]:
        """The images, counted."""
        for number, path in images:
            self.missing += 1
            self._seen.extend(bytes(max(0, number + 1 - len(self._seen))))
            yield number, path

    def fresh(self, table: Any) -> Any:
        """The rows of images that have not come back before."""
        numbers = table.column("frame").to_pylist()
        again = {number for number in numbers if self._seen[number]}
        new = set(numbers) - again
        for number in new:
            self._seen[number] = 1
        self.missing -= len(new)
        return table if not again else table.filter([number in new for number in numbers])


def _found(dataset: Any, actors: Actors) -> Iterator[Any]:
    from smile_edge.batch.ray_data.actor import FaceActor

    ray = ray_library()
    faces = dataset.map_batches(
        FaceActor,
        fn_constructor_args=(actors.settings,),
        fn_constructor_kwargs=dict(actors.options),
        batch_size=None,
        batch_format="pyarrow",
        compute=ray.data.ActorPoolStrategy(size=min(actors.count, dataset.num_blocks())),
        num_cpus=actors.cpus,
        num_gpus=actors.gpus or None,
    )
    for table in faces.iter_batches(batch_size=None, batch_format="pyarrow"):
        yield table.combine_chunks()


def _in_one_line(error: BaseException) -> SmileEdgeError:
    """What a machine said, without the tracebacks that Ray puts around it."""
    cause: BaseException | None = error
    while cause is not None:
        inner = getattr(cause, "cause", None)  # of Ray's errors, which may be of the class of their cause as well
        if inner is None and isinstance(cause, SmileEdgeError):
            return cause
        cause = inner if isinstance(inner, BaseException) else cause.__cause__
    last = (str(error).strip() or one_line(error)).splitlines()[-1]  # of the traceback of another machine
    return WorkerError(f"Ray gave up: {last[:300].rstrip('.')}; go on with --resume")
