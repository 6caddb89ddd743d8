"""Times blocks of stream frames, one for each line on standard input. Run by its path, with the package to time in
PYTHONPATH: python -P worker.py IMAGES.npy FRAMES

The same file runs on old and on new code, so it takes nothing but the public names of smile_edge. Its first answer, a
line of JSON, has `package`, where smile_edge was imported from. Each further one has `seconds` of processor time for
FRAMES frames, `faces`, the mean number found in a frame, and what each model ran on.
"""

import json
import sys
import time

import cv2
import numpy as np

import smile_edge
from smile_edge import FacePipeline, Frame

FPS = 30.0


def main() -> None:
    """Answers until standard input ends."""
    cv2.setNumThreads(1)
    images = np.load(sys.argv[1])  # (n, h, w, 3) BGR
    count = int(sys.argv[2])
    pipeline = FacePipeline(provider="cpu")
    ran_on = {name: _ran_on(report) for name, report in getattr(pipeline, "reports", {}).items()}
    _say({"package": smile_edge.__file__})
    for block, _ in enumerate(sys.stdin):
        indices = range(block * count, (block + 1) * count)
        frames = [Frame(images[index % len(images)], index, index / FPS, "scene") for index in indices]
        start = time.process_time()
        results = [pipeline.process(frame) for frame in frames]
        seconds = time.process_time() - start
        faces = sum(len(result.faces) for result in results) / count
        _say({"seconds": seconds, "faces": faces, **ran_on})


def _ran_on(report: object) -> str:
    """Provider and precision; very old reports have no precision."""
    return f"{getattr(report, 'obtained', '?')} {getattr(report, 'precision', 'float32')}"


def _say(answer: dict[str, object]) -> None:
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
