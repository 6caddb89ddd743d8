"""The installed wheel and nothing else: `.ci/run` runs this in a clean environment, outside the repository."""

import importlib.util
import json
import subprocess
import sys
import sysconfig
from pathlib import Path

FRAMES = 50


def stream() -> list[dict[str, object]]:
    """Records of the demonstration as the installed command writes them."""
    command = [Path(sysconfig.get_path("scripts")) / "smile-edge", "webcam", "--source", "demo", "--no-show"]
    done = subprocess.run([*command, "--frames", str(FRAMES), "--jsonl", "-"], stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit(f"smile-edge webcam ended with {done.returncode}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def main() -> None:
    records = stream()
    if len(records) != FRAMES or not all(record["faces"] for record in records[5:]):
        raise SystemExit(f"expected {FRAMES} records with a face each, got {len(records)}")

    import cv2

    import smile_edge
    from smile_edge import FacePipeline

    package = Path(smile_edge.__file__).parent
    if "site-packages" not in package.parts:
        raise SystemExit(f"smile_edge was imported from {package}, not from the wheel")
    result = FacePipeline().process(cv2.imread(str(package / "assets" / "astronaut.jpg")))
    if len(result.faces) != 1 or result.faces[0].points.shape != (49, 2):
        raise SystemExit(f"expected one face with 49 points on the portrait, got {len(result.faces)} faces")

    heavy = [
        name for name in ("tensorflow", "keras", "train", "export", "benchmarks") if importlib.util.find_spec(name)
    ]
    loaded = [name for name in ("tensorflow", "keras", "onnx") if name in sys.modules]
    if heavy or loaded:
        raise SystemExit(f"expected no training code in the wheel: installed {heavy}, imported {loaded}")
    print(f"wheel: {len(records)} records, 49 points on the portrait, no TensorFlow installed or imported")


if __name__ == "__main__":
    main()
