"""Sets Keras up before it is imported for the first time: it reads its threads from the environment."""

import os

from train.quiet_start import load_keras

__all__ = ["prepare"]


def prepare(threads: int, bfloat16: bool = False) -> None:
    """Quiet TensorFlow, so many threads, and the number format to compute in."""
    os.environ["TF_NUM_INTRAOP_THREADS"] = str(threads)
    os.environ["TF_NUM_INTEROP_THREADS"] = "1"
    load_keras()
    import keras

    keras.config.set_dtype_policy("mixed_bfloat16" if bfloat16 else "float32")
