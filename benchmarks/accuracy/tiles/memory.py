"""Peak memory of a process that looks at one picture: `python -m benchmarks.accuracy.tiles.memory PICTURE TILES`."""

import resource
import subprocess
import sys
from pathlib import Path

__all__ = ["peak_mb"]


def peak_mb(picture: Path, tiles: str) -> float:
    """Largest resident memory, MB, of a process that reads a picture and finds its faces.

    Args:
        picture: image file.
        tiles: see `FacePipeline`.
    """
    command = [sys.executable, "-m", "benchmarks.accuracy.tiles.memory", str(picture), tiles]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _main(picture: str, tiles: str) -> None:
    from smile_edge import FacePipeline
    from smile_edge.batch import process_images

    pipeline = FacePipeline(provider="cpu", tiles=tiles)
    for _ in process_images([Path(picture)], pipeline, workers=1, pictures=False, timeout_s=3600):
        pass
    print(_peak_mb())


def _peak_mb() -> float:
    """Linux counts in `ru_maxrss` what the parent had when it started the process, in `VmHWM` it does not."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text("ascii").splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) / 1e3
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak / 1e3


if __name__ == "__main__":
    _main(*sys.argv[1:])
