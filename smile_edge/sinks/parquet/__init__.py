"""Results as columns: Arrow tables, and folders of Parquet parts; with the extra `parquet`."""

from typing import TYPE_CHECKING

from smile_edge.lazy import lazy_names

if TYPE_CHECKING:
    from smile_edge.sinks.parquet.schema import faces_schema
    from smile_edge.sinks.parquet.sink import ParquetSink
    from smile_edge.sinks.parquet.table import faces_table

__all__ = ["ParquetSink", "faces_schema", "faces_table"]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "ParquetSink": "smile_edge.sinks.parquet.sink",
        "faces_schema": "smile_edge.sinks.parquet.schema",
        "faces_table": "smile_edge.sinks.parquet.table",
    },
)
