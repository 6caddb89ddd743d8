"""A folder of many pictures that takes no time and no room: names of one file."""

from pathlib import Path

from repository import ROOT

__all__ = ["fill_with_pictures"]


def fill_with_pictures(folder: Path, count: int) -> Path:
    """Puts `0.jpg`, `1.jpg`, ... into the folder, hard links of a copy of the portrait; gives it back.

    Symbolic links would be one picture: a batch reads none twice.
    """
    folder.mkdir(exist_ok=True)
    first = folder / "0.jpg"
    first.write_bytes((ROOT / "smile_edge" / "assets" / "astronaut.jpg").read_bytes())
    for index in range(1, count):
        (folder / f"{index}.jpg").hardlink_to(first)
    return folder
