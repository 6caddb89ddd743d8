"""Both trainings in seconds on generated faces: proves that the machinery runs, not that it learns faces."""

from pathlib import Path

from train.detector.run import train_detector
from train.engine.loop import FitConfig
from train.landmarks.run import train_landmarks
from train.synthesis.cartoon_faces import write_heads, write_packs

__all__ = ["train_on_generated"]

IMAGES_A_PACK = 40


def train_on_generated(out: Path, seconds: float) -> dict[str, dict[str, float]]:
    """Trains landmarker and detector for `seconds` each into `out/landmarks` and `out/detector`; their best scores."""
    packs, heads = write_packs(out / "packs", IMAGES_A_PACK), [write_heads(out / "heads", IMAGES_A_PACK)]
    landmarks, detector = (FitConfig(out / name, seconds / 60, epoch_steps=20) for name in ("landmarks", "detector"))
    return {
        "landmarks": train_landmarks(packs, landmarks, batch=16, heads=heads),
        "detector": train_detector(packs, detector, batch=8, canvas_px=96, heads=heads),
    }
