"""The installed wheel and nothing else: `.ci/run` runs this in a clean environment, outside the repository."""

import importlib.util
import json
import subprocess
import sys
import sysconfig
from pathlib import Path

from check_readme import check_readme

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
    from smile_edge.records import record_schema

    package = Path(smile_edge.__file__).parent
    if "site-packages" not in package.parts:
        raise SystemExit(f"smile_edge was imported from {package}, not from the wheel")
    page = {path.suffix for path in (package / "server" / "page").iterdir()}
    if not page >= {".html", ".css", ".js", ".svg"}:
        raise SystemExit(f"expected the page of `serve` in the wheel, got files of {sorted(page)}")
    result = FacePipeline().process(cv2.imread(str(package / "assets" / "astronaut.jpg")))
    known = [sum(point is not None for point in face["points"]) for face in result.to_dict()["faces"]]
    if known != [70]:
        raise SystemExit(f"expected one face with 70 points on the portrait, got faces of {known}")
    unknown = {key for record in records for key in record} - set(record_schema()["properties"])
    if unknown:
        raise SystemExit(f"expected records of the schema in the wheel, got the keys {sorted(unknown)}")

    heavy = [
        name for name in ("tensorflow", "keras", "train", "export", "benchmarks") if importlib.util.find_spec(name)
    ]
    loaded = [name for name in ("tensorflow", "keras", "onnx") if name in sys.modules]
    if heavy or loaded:
        raise SystemExit(f"expected no training code in the wheel: installed {heavy}, imported {loaded}")
    check_readme()
    print(f"wheel: {len(records)} records, 70 points on the portrait, no TensorFlow installed or imported")


if __name__ == "__main__":
    main()
