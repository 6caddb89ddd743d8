"""Face meshes by MediaPipe; run by the Python of MediaPipe's own environment, so it imports nothing of this project.

    python mesh_worker.py crops.npy meshes.npy

Reads crops `(n, s, s, 3)` uint8 BGR, writes meshes `(n, 468, 3)` float32: x and y in px of the crop, the third towards
the camera; NaN where no face is seen.
"""

import importlib
import sys

import numpy

mediapipe = importlib.import_module("mediapipe")  # not an import statement: type checkers of this project lack it

POINTS = 468


def main() -> None:
    crops = numpy.load(sys.argv[1])
    side = crops.shape[1]
    meshes = numpy.full((len(crops), POINTS, 3), numpy.nan, numpy.float32)
    finder = mediapipe.solutions.face_mesh.FaceMesh(
        static_image_mode=True, max_num_faces=1, min_detection_confidence=0.3
    )
    for crop, mesh in zip(crops, meshes, strict=True):
        found = finder.process(numpy.ascontiguousarray(crop[..., ::-1])).multi_face_landmarks
        if found:
            mesh[:] = [(p.x * side - 0.5, p.y * side - 0.5, -p.z * side) for p in found[0].landmark]
    numpy.save(sys.argv[2], meshes)


if __name__ == "__main__":
    main()
