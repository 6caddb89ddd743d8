"""False alarms on images without a face, of a folder's share that training never saw."""

from pathlib import Path
from typing import Any

import numpy as np

from smile_edge import FacePipeline
from smile_edge.imaging.decode import read_image
from smile_edge.imaging.image_files import list_images
from train.data.samples import held_out
from train.errors import DataError

__all__ = ["false_alarms"]


def false_alarms(pipeline: FacePipeline, folder: Path, limit: int | None = None) -> dict[str, Any]:
    """Faces reported on face-free images, each image by itself, at the shipped thresholds.

    Returns:
        `images`; `faces` and `detections` (what the detector alone would have reported) in all and per 1,000 images;
        `images_with_faces`.

    Raises:
        DataError: no image of the folder was held out.
    """
    paths = [path for path in list_images([folder]) if held_out(path.name)][:limit]
    if not paths:
        raise DataError(f"{folder} holds no image that training left out: pass the folder of face-free images")
    faces, detections = [], []
    for path in paths:
        image = read_image(path)
        faces.append(len(pipeline.process(image).faces))
        detections.append(len(pipeline.models.detector.detect_batch([image], thorough=True)[0]))
    return {
        "images": len(paths),
        "faces": sum(faces),
        "detections": sum(detections),
        "images_with_faces": int(np.count_nonzero(faces)),
        "faces_per_1000": round(1000 * sum(faces) / len(paths), 2),
        "detections_per_1000": round(1000 * sum(detections) / len(paths), 2),
    }
