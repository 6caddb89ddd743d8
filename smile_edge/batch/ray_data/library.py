"""Ray, loaded when it is first needed."""

import logging
from typing import Any

from smile_edge.errors import WorkerError, one_line

__all__ = ["ray_library"]


def ray_library() -> Any:
    """The module `ray`, with `ray.data`; quiet but for errors.

    Raises:
        WorkerError: it is not installed, or cannot be loaded.
    """
    try:
        import ray
        import ray.data
    except ModuleNotFoundError as error:
        raise WorkerError(
            f"--ray needs {error.name}, which is not installed: pip install 'ray[data]' pyarrow"
            " (the extra `ray` brings both: pip install 'smile-edge[ray]')"
        ) from None
    except ImportError as error:
        raise WorkerError(f"--ray needs Ray, which cannot be loaded: {one_line(error)}") from None
    for name in ("ray", "ray.data"):
        logging.getLogger(name).setLevel(logging.ERROR)
    return ray
