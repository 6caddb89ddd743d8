"""Files of the portrait that comes with the package."""

from pathlib import Path

import smile_edge

__all__ = ["PORTRAIT", "write_portraits"]

PORTRAIT = Path(smile_edge.__file__).parent / "assets" / "astronaut.jpg"


def write_portraits(folder: Path) -> list[Path]:
    """Five images, the second broken."""
    paths = [folder / f"{index}.jpg" for index in range(5)]
    for path in paths:
        path.write_bytes(PORTRAIT.read_bytes())
    paths[1].write_bytes(b"not an image")
    return paths
