"""Makes `docs/turn.webp`, the README's picture: a portrait turns through the full circle.

Run `python docs/turn_picture.py` after a change of the models or of what is drawn.
"""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from smile_edge import FacePipeline, Frame
from smile_edge.imaging.draw import draw_faces
from smile_edge.sources.demo import load_portrait
from smile_edge.types import Image

PAGE = Path(__file__).with_name("turn.webp")
SIDE_PX, SCALE, STEPS, FPS = 440, 1.75, 72, 18.0


def frames() -> Iterator[Frame]:
    """The portrait about its middle, in steps of five degrees."""
    portrait, points = load_portrait()
    middle = points.mean(0)
    for step in range(STEPS):
        turn = cv2.getRotationMatrix2D((float(middle[0]), float(middle[1])), -360.0 * step / STEPS, SCALE)
        turn[:, 2] += SIDE_PX / 2 - middle
        image = cv2.warpAffine(
            portrait, turn, (SIDE_PX, SIDE_PX), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
        )
        yield Frame(np.asarray(image, np.uint8), step, step / FPS, "portrait")


def annotated() -> list[Image]:
    """Each frame with the points and the axes of the head."""
    pipeline = FacePipeline(provider="cpu")
    return [
        draw_faces(frame.image, pipeline.process(frame).faces, draw=("points", "axes"), ids=False) for frame in frames()
    ]


def main() -> None:
    animation = cv2.Animation()
    animation.frames = annotated()
    animation.durations = np.full(STEPS, round(1000 / FPS), np.int32)
    if not cv2.imwriteanimation(str(PAGE), animation, [cv2.IMWRITE_WEBP_QUALITY, 80]):
        raise SystemExit(f"{PAGE} could not be written")


if __name__ == "__main__":
    main()
