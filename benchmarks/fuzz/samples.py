"""Sound files to be damaged: pictures of every format that is read, label files of every kind."""

from collections.abc import Mapping

import cv2
import numpy as np

from smile_edge.imaging.formats.heif import can_read_heif
from smile_edge.sources.demo import load_portrait
from smile_edge.types import Image

__all__ = ["label_samples", "picture_samples"]

_SIDE_PX = 160


def picture_samples() -> dict[str, bytes]:
    """The portrait as a file of each format, by the ending of its name."""
    portrait, _ = load_portrait()
    image = np.asarray(cv2.resize(portrait, (_SIDE_PX, _SIDE_PX)), np.uint8)
    plain = ("jpg", "png", "webp", "bmp", "tif", "gif", "avif", "jp2", "ppm")
    found = {f"plain.{ending}": _encoded(f".{ending}", image) for ending in plain}
    found["plain.pgm"] = _encoded(".pgm", image[..., 1])
    found["progressive.jpg"] = _encoded(".jpg", image, cv2.IMWRITE_JPEG_PROGRESSIVE, 1)
    found["deep.png"] = _encoded(".png", image.astype(np.uint16) * 257)
    found["float.tif"] = _encoded(".tif", image.astype(np.float32) / 255)
    found |= {f"moving.{ending}": _moving(f".{ending}", image) for ending in ("gif", "png", "webp")}
    return found | ({"plain.heic": _heic(image)} if can_read_heif() else {})


def label_samples() -> Mapping[str, bytes]:
    """A label file of each kind by its name, with images named `a.jpg`."""
    dense = ",".join(["file", *(f"{axis}{place}" for place in range(68) for axis in "xy")])
    numbers = ",".join(f"{20 + place % 80}.5" for place in range(136))
    wide = "a.jpg\n2\n10 10 40 40 0 0 0 0 0 0\n60 60 30 30 0 0 0 1 0 0\nb.jpg\n0\n0 0 0 0 0 0 0 0 0 0\n"
    points = ("right_eye", 50, 60), ("left_eye", 100, 60), ("mouth_right", 60, 120), ("mouth_left", 95, 120)
    header = ",".join(["image", *(f"{name}_{axis}" for name, _, _ in points for axis in "xy")])
    row = ",".join(["a.jpg", *(f"{number}" for _, x, y in points for number in (x, y))])
    return {
        "my.csv": f"{header}\n{row}\n{row}\n".encode(),
        "training.txt": b"a.jpg 50 100 75 60 95 60 60 90 120 120 1 2 1 3\nb.jpg 5 10 7 6 9 6 6 9 12 12 1 1 1 2\n",
        "wider_face_bbx_gt.txt": wide.encode(),
        "keypoints.csv": f"{dense}\na.jpg,{numbers}\nb.jpg,{numbers}\n".encode(),
        "labels.csv": b"file,yaw,pitch,roll,smile\na.jpg,1,2,3,1\nb.jpg,-20.5,2e1,-3,\n",
    }


def _encoded(ending: str, image: np.ndarray, *options: int) -> bytes:
    return cv2.imencode(ending, image, list(options))[1].tobytes()


def _moving(ending: str, image: Image) -> bytes:
    animation = cv2.Animation()
    opaque = np.full(image.shape[:2], 255, np.uint8)
    animation.frames = [np.dstack([frame, opaque]) for frame in (image, 255 - image)]
    animation.durations = [100, 100]
    return cv2.imencodeanimation(ending, animation)[1].tobytes()


def _heic(image: Image) -> bytes:
    import io

    import pillow_heif

    file = io.BytesIO()
    height, width = image.shape[:2]
    pillow_heif.encode("RGB", (width, height), np.ascontiguousarray(image[..., ::-1]).tobytes(), file, quality=50)
    return file.getvalue()
