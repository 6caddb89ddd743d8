"""Moved: drawing is in `smile_edge.imaging.draw`."""

from smile_edge.lazy import moved_names

__getattr__ = moved_names(
    __name__,
    {
        "COLOURS_BGR": "smile_edge.imaging.draw",
        "draw_faces": "smile_edge.imaging.draw",
        "draw_status": "smile_edge.imaging.draw",
    },
)
