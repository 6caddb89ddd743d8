"""Moved: `Crew` is `smile_edge.batch.process_pool.ProcessPool`."""

from smile_edge.lazy import moved_names

__getattr__ = moved_names(
    __name__,
    {
        "Crew": "smile_edge.batch.process_pool:ProcessPool",
    },
)
