"""`python -m train detector`: data packs in, a run folder with the trained detector out."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

import keras
import numpy as np

from train.augmentation.mosaic import MosaicSource
from train.data.cut_out_heads import load_heads
from train.data.mined import load_detector_scores, load_places
from train.data.scenes import Scene, load_scenes, read_scenes, split_scenes
from train.detector.batches import SceneBatches, ValidationCanvases
from train.detector.trainer import DetectorTrainer
from train.engine.curves import Curve
from train.engine.loop import FitConfig, compile_trainer, error_before, fit, in_float32, save_config
from train.engine.prefetch import prefetched
from train.engine.start import start_training
from train.errors import DataError
from train.networks import build_detector
from train.networks.net2net import grow
from train.networks.serialization import load_network

__all__ = ["train_detector"]

PACK_WEIGHT = {
    "wider_train": 4.0,
    "wider_crowd": 2.0,
    "masks": 1.8,
    "mtfl": 1.6,
    "aaf": 0.4,
    "ytf68": 0.4,
    "negatives": 1.8,
}
"""How often a piece of a canvas comes from a pack, relative to the others; 1 for a pack not named here."""
HELD_OUT_A_PACK = 70
CLEAR_PX = 20.0
"""Smaller side from which a face that a detector missed is worth showing its scene more often."""


def train_detector(
    folders: Sequence[Path],
    config: FitConfig,
    *,
    batch: int = 24,
    canvas_px: int = 192,
    init: Path | None = None,
    mined: Sequence[Path] = (),
    natural_share: float = 0.0,
    heads: Sequence[Path] = (),
    workers: int = 1,
    seed: int = 0,
) -> dict[str, float]:
    """Trains the detector on data packs and returns the scores of its best epoch.

    Args:
        folders: data packs; a pack without labels gives backgrounds.
        config: time, rates, output folder.
        batch: canvases a step.
        canvas_px: side of a canvas, a multiple of 32 that 2 and 3 divide into pieces.
        init: a `.keras` file to start from, of this network or a smaller one of the same plan (`networks.net2net`).
        mined: folders that `train.mining.hard_negatives` wrote: where a detector saw faces that are none.
        natural_share: share of canvases that show a scene as the runtime does, to finish a training with.
        heads: folders that `train.synthesis.rotate_heads` wrote: heads turned aside, to put before faces.
        workers: threads that make batches.
        seed: of batches and initial weights.

    Raises:
        DataError: no pack holds a face, or `canvas_px` is not a multiple of 32.
    """
    if canvas_px % 32:
        raise DataError(f"--canvas must be a multiple of 32, for instance 192. Received: {canvas_px}")
    start_training(seed)
    train, held = split_scenes(read_scenes(folders))
    if not any(len(sample.boxes) for sample in train):
        raise DataError("no faces in the folders of --data: pass at least one labelled pack")
    packs = _by_pack(load_scenes(train, load_places(mined), load_detector_scores(mined)))
    few = [s for name in packs for s in [h for h in held if h.pack == name][:HELD_OUT_A_PACK]]
    scenes = load_scenes(few)
    turned, upright = ValidationCanvases(scenes), ValidationCanvases(scenes, 640, turned=False)
    source = _mosaics(packs, canvas_px, heads, natural_share)
    network = build_detector(canvas_px)
    exported = in_float32(build_detector)
    if init is not None:
        grow(network, load_network(init))
    trainer = DetectorTrainer(network, canvas_px)
    compile_trainer(trainer, config)

    def validate(model: keras.Model) -> dict[str, float]:
        return _validated(model, turned, upright)

    curve = Curve("Detector", "% (100 less average precision)", error_before(validate, network, exported, config))
    save_config(config, network, task="detector", batch=batch, canvas_px=canvas_px, natural_share=natural_share,
                init=init, mined=list(mined), heads=list(heads), seed=seed,
                packs={name: len(set(scenes)) for name, scenes in packs.items()}, held_out_scenes=len(few),
                error_before=curve.before)  # fmt: skip
    with closing(prefetched(SceneBatches(source, batch), config.batch_seed(seed), workers)) as batches:
        return fit(trainer, network, exported, batches, validate, config, curve=curve)


def _mosaics(
    packs: Mapping[str, list[Scene]], canvas_px: int, heads: Sequence[Path], natural_share: float
) -> MosaicSource:
    """Canvases of the scenes of all packs, these as often as `PACK_WEIGHT` says; scenes without a face cover others."""
    weights = np.array([PACK_WEIGHT.get(name, 1.0) for name in packs])
    covers = [scene.image for scenes in packs.values() for scene in scenes if not len(scene.boxes)]
    return MosaicSource(
        list(packs.values()), weights / weights.sum(), canvas_px, covers, load_heads(heads), natural_share
    )


def _validated(network: keras.Model, turned: ValidationCanvases, upright: ValidationCanvases) -> dict[str, float]:
    """Scores of both; `error` is their mean: streams see faces at any angle and small, pictures upright and large."""
    scores, plain = turned(network), upright(network)
    error = (scores["error"] + plain["error"]) / 2
    return {**scores, "error": error, "upright_ap24": plain["ap24"], "upright_ap40": plain["ap40"]}


def _by_pack(scenes: Sequence[Scene]) -> dict[str, list[Scene]]:
    """Scenes of each pack; one with a face of some size that a detector was not sure of is there up to four times."""
    packs: dict[str, list[Scene]] = {}
    for scene in scenes:
        doubt = 0.0
        if scene.detector_scores is not None:
            clear = ~scene.ignore & (scene.boxes[:, 2:].min(1) >= CLEAR_PX)
            doubt = float((1 - scene.detector_scores[clear]).max(initial=0.0))
        packs.setdefault(scene.pack, []).extend([scene] * (1 + round(3 * doubt)))
    return packs
