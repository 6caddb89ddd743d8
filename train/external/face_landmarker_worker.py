"""MediaPipe's Face Landmarker over known faces; run by the Python of MediaPipe's own environment, so it imports nothing
of this project.

    python face_landmarker_worker.py face_landmarker.task faces.npz landmarks.npz

Reads what `face_landmarker.landmarked_faces` writes of `n` faces. Writes `mesh (n, 478, 3)` float32, x and y in px of
the image and the third towards the camera, and `blend (n, 52)`; NaN where no face is found, or another one.
"""

import importlib
import sys

import cv2
import numpy

mediapipe = importlib.import_module("mediapipe")  # not an import statement: type checkers of this project lack it

CONFIDENCES = (0.5, 0.1)
"""Of MediaPipe's detector and tracker: all crops are tried with the first, then with the second."""


def opened(task, confidence):
    vision = mediapipe.tasks.vision
    options = vision.FaceLandmarkerOptions(
        base_options=mediapipe.tasks.BaseOptions(model_asset_path=task),
        running_mode=vision.RunningMode.IMAGE,
        num_faces=1,
        output_face_blendshapes=True,
        min_face_detection_confidence=confidence,
        min_face_presence_confidence=confidence,
    )
    return vision.FaceLandmarker.create_from_options(options)


def found(finder, image, matrix, side):
    """Mesh `(478, 3)` px of the image and 52 coefficients; None where the crop shows no face."""
    crop = cv2.warpAffine(image, matrix, (side, side), flags=cv2.INTER_LINEAR)
    crop = numpy.ascontiguousarray(crop[..., ::-1])
    result = finder.detect(mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=crop))
    if not result.face_landmarks:
        return None
    mesh = numpy.array([(p.x * side - 0.5, p.y * side - 0.5, -p.z * side) for p in result.face_landmarks[0]])
    linear = matrix[:, :2]
    mesh[:, :2] = (mesh[:, :2] - matrix[:, 2]) @ numpy.linalg.inv(linear).T
    mesh[:, 2] /= numpy.sqrt(abs(numpy.linalg.det(linear)))
    return mesh, [category.score for category in result.face_blendshapes[0]]


def is_the_one(own, five, farthest):
    """Whether five points are those of the known face: near enough in its own size."""
    across, down = five[0] - five[1], five[:2].mean(0) - five[3:].mean(0)
    size = max(numpy.linalg.norm(across), numpy.linalg.norm(down))
    return numpy.linalg.norm(own - five, axis=1).mean() <= farthest * size


def main():
    cv2.setNumThreads(1)
    task, given, target = sys.argv[1:4]
    faces = numpy.load(given)
    names, matrices, five = faces["images"], faces["matrices"].astype(float), faces["five"].astype(float)
    five_of_mesh, farthest, side = faces["five_of_mesh"], float(faces["farthest"]), int(faces["side"])
    meshes = numpy.full((len(names), five_of_mesh.shape[1], 3), numpy.nan, numpy.float32)
    blends = numpy.full((len(names), 52), numpy.nan, numpy.float32)
    finders = [opened(task, confidence) for confidence in CONFIDENCES]
    name, image = None, None
    for row in range(len(names)):
        if names[row] != name:
            name, image = names[row], cv2.imread(str(names[row]))
        for finder, matrix in ((finder, matrix) for finder in finders for matrix in matrices[row]):
            seen = found(finder, image, matrix, side)
            if seen is not None and is_the_one(five_of_mesh @ seen[0][:, :2], five[row], farthest):
                meshes[row], blends[row] = seen
                break
    numpy.savez(target, mesh=meshes, blend=blends)


if __name__ == "__main__":
    main()
