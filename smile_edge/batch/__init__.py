"""A folder of images: what is to be done, and the threads or processes that do it."""

from typing import TYPE_CHECKING

from smile_edge.lazy import lazy_names

if TYPE_CHECKING:
    from smile_edge.batch.runner import process_images

__all__ = [
    "process_images",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "process_images": "smile_edge.batch.runner",
    },
)
