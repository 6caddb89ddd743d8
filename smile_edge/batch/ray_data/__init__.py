"""Many images through the machines of a Ray cluster; with the extra `ray`."""

from typing import TYPE_CHECKING

from smile_edge.lazy import lazy_names

if TYPE_CHECKING:
    from smile_edge.batch.ray_data.actor import FaceActor
    from smile_edge.batch.ray_data.dataset import from_items

__all__ = ["FaceActor", "from_items"]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "FaceActor": "smile_edge.batch.ray_data.actor",
        "from_items": "smile_edge.batch.ray_data.dataset",
    },
)
