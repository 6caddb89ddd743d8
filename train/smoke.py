"""Both trainings in seconds on generated faces: proves that the machinery runs, not that it learns faces."""

from pathlib import Path

from train.cartoon import write_packs
from train.fit import FitConfig
from train.run_detector import train_detector
from train.run_landmarks import train_landmarks

__all__ = ["train_on_generated"]

IMAGES_A_PACK = 40


def train_on_generated(out: Path, seconds: float) -> dict[str, dict[str, float]]:
    """Trains landmarker and detector for `seconds` each into `out/landmarks` and `out/detector`; their best scores."""
    packs = write_packs(out / "packs", IMAGES_A_PACK)
    return {
        "landmarks": train_landmarks(packs, FitConfig(out / "landmarks", seconds / 60, epoch_steps=20), batch=16),
        "detector": train_detector(
            packs, FitConfig(out / "detector", seconds / 60, epoch_steps=20), batch=8, canvas_px=96
        ),
    }
