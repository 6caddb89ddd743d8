"""Times MediaPipe's Face Mesh; run by the Python of MediaPipe's own environment, so it imports nothing of this project.

    python mediapipe_peer.py frames.npy FACES SECONDS stream|fresh [refined]

Prints one line of JSON: the seconds of each frame, the mean number of faces found, and versions.
"""

import importlib
import json
import sys
import time

import numpy

mediapipe = importlib.import_module("mediapipe")  # not an import statement: type checkers of this project lack it


def main() -> None:
    frames = numpy.load(sys.argv[1])
    faces, seconds, fresh = int(sys.argv[2]), float(sys.argv[3]), sys.argv[4] == "fresh"
    # It wants RGB where cameras and files give BGR; the conversion is not counted against it.
    frames = numpy.ascontiguousarray(frames[..., ::-1])
    mesh = mediapipe.solutions.face_mesh.FaceMesh(
        static_image_mode=fresh, max_num_faces=faces, refine_landmarks="refined" in sys.argv[5:]
    )
    taken, found, index = [], [], 0
    end = None
    while end is None or time.perf_counter() < end or len(taken) < 20:
        start = time.perf_counter()
        result = mesh.process(frames[index % len(frames)])
        spent = time.perf_counter() - start
        index += 1
        if index < 10:
            continue
        if end is None:
            end = time.perf_counter() + seconds
        taken.append(spent)
        found.append(len(result.multi_face_landmarks or ()))
    versions = {"mediapipe": mediapipe.__version__, "numpy": numpy.__version__}
    print(json.dumps({"seconds": taken, "found": sum(found) / len(found), "versions": versions}))


if __name__ == "__main__":
    main()
