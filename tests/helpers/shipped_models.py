"""The shipped models, without one."""

import shutil
from pathlib import Path

from smile_edge.runtime.manifest import find_models

__all__ = ["without_int8"]


def without_int8(folder: Path) -> Path:
    shutil.copytree(find_models(), folder)
    (folder / "landmarks-int8.json").unlink()
    return folder
