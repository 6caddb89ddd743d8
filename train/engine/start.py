"""What comes first in every training."""

import cv2
import keras

__all__ = ["start_training"]


def start_training(seed: int) -> None:
    """Makes chance follow from the seed, and leaves OpenCV one thread: batches are made in threads of their own."""
    keras.utils.set_random_seed(seed)
    cv2.setNumThreads(1)
