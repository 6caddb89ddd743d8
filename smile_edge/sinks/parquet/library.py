"""pyarrow, loaded when it is first needed."""

from typing import Any

from smile_edge.errors import SinkError, one_line

__all__ = ["arrow", "arrow_parquet"]


def arrow() -> Any:
    """The module `pyarrow`.

    Raises:
        SinkError: it is not installed, or cannot be loaded.
    """
    try:
        import pyarrow
    except ModuleNotFoundError:
        raise SinkError(
            "Parquet needs pyarrow, which is not installed: pip install pyarrow"
            " (the extra `parquet` brings it: pip install 'smile-edge[parquet]')"
        ) from None
    except ImportError as error:
        raise SinkError(f"Parquet needs pyarrow, which cannot be loaded: {one_line(error)}") from None
    return pyarrow


def arrow_parquet() -> Any:
    """The module `pyarrow.parquet`; see `arrow` for the errors."""
    arrow()
    import pyarrow.parquet

    return pyarrow.parquet
