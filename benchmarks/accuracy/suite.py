"""How good the shipped models are, end to end through the runtime: the measurement behind every figure we show."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from benchmarks.accuracy.detection import scene_results
from benchmarks.accuracy.false_positives import false_alarms
from benchmarks.accuracy.head_pose import pose_results
from benchmarks.accuracy.jitter import jitter_results
from benchmarks.accuracy.landmarks import face_results
from benchmarks.accuracy.measures.covered_points import MASK_PACKS, masked_results
from benchmarks.accuracy.measures.demo_roll import demo_roll
from benchmarks.accuracy.measures.dense_points import dense_results
from benchmarks.accuracy.measures.labelled_pose import labelled_pose_results
from benchmarks.accuracy.peers import read_peers
from benchmarks.reporting.environment import describe
from benchmarks.reporting.systems import ONE_LOOK, OURS
from smile_edge import FacePipeline
from smile_edge.runtime.manifest import find_models
from train.augmentation.occluders import read_occluders
from train.data.formats.dense import read_dense
from train.data.formats.kind import MARKERS, PackKind, kind_of, of_kind
from train.data.formats.mtfl import read_mtfl
from train.data.formats.pose_labels import read_pose_labels
from train.data.formats.wider import read_wider
from train.errors import DataError
from train.evaluation.evaluate import model_times

__all__ = ["RESULTS_SCHEMA", "Plan", "measure"]

RESULTS_SCHEMA = 1
MEASURED = (PackKind.MTFL_TEST, PackKind.WIDER, PackKind.DENSE, PackKind.POSE)

T = TypeVar("T")
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure."""

    data: Path
    """Folder of evaluation packs, or of packs with an `eval` folder among them."""
    peers: Path | None = None
    negatives: Path | None = None
    poses: Path | None = None
    """A training pack in MTFL format with head poses; the faces that training left out are used."""
    limit: int | None = None
    """At most this many images of each pack, spread evenly over it."""
    angles: tuple[int, ...] = tuple(range(0, 360, 15))
    """In-plane turns, degrees."""
    sizes_px: tuple[int, ...] = (96, 64, 48, 32, 24, 20, 16, 12)
    """Widths of the face to which images are pixelated."""
    clip_s: float = 10.0
    """Length of each synthetic clip."""

    @classmethod
    def quick(cls, data: Path, peers: Path | None = None, negatives: Path | None = None, poses: Path | None = None,
              limit: int | None = None) -> "Plan":  # fmt: skip
        """The same in under two minutes: fewer images, turns and sizes, shorter clips."""
        angles, sizes = tuple(range(0, 360, 45)), (64, 32, 24, 16, 12)
        return cls(data, peers, negatives, poses, min(limit or 300, 300), angles, sizes, clip_s=6.0)


def measure(
    plan: Plan, models: Path | None = None, *, provider: str = "cpu", tell: Tell = lambda text: None
) -> dict[str, Any]:
    """Runs the plan.

    Args:
        plan: packs, peers and how much of them.
        models: folder of the models; None looks in the usual places.
        provider: see `FacePipeline`.
        tell: told what is being done.

    Returns:
        Plain JSON types: `machine`, `versions`, `models`, `times` (one core, ms), `faces`, `scenes`, `angles` (packs
        with head pose) and `dense` by pack, `jitter`, `demo_roll`, `false_alarms` and `poses` (None where not asked
        for) and `seconds`.

    Raises:
        DataError: no pack, or a pack or a file of predictions is malformed.
        ModelError, ProviderError: see `FacePipeline`.
    """
    start = time.perf_counter()
    named = {"--data": plan.data, "--peers": plan.peers, "--negatives": plan.negatives, "--poses": plan.poses}
    for option, chosen in named.items():
        _check(chosen, option)
    packs = _packs(plan.data)
    folder = find_models(models)
    pipeline = FacePipeline(folder, provider=provider, threads=1)
    pipelines = {OURS: pipeline, ONE_LOOK: FacePipeline(pipeline.models, fast=True)}
    empty: dict[str, Any] = {"faces": {}, "scenes": {}, "angles": {}, "dense": {}, "false_alarms": None, "poses": None}
    results = {"schema": RESULTS_SCHEMA, **describe(pipeline, folder), **empty}
    tell("time of each model")
    results["times"] = {name: round(value, 3) for name, value in model_times(pipeline).items()}
    for pack in packs:
        section, scores = _pack_results(plan, pack, pipelines, tell)
        results[section][pack.name] = scores
    tell("jitter")
    results["jitter"] = jitter_results(pipeline.models, plan.clip_s)
    tell("roll over the full circle")
    results["demo_roll"] = demo_roll(pipeline.models)
    if plan.negatives is not None:
        tell("false alarms")
        results["false_alarms"] = false_alarms(pipeline, plan.negatives, plan.limit)
    if plan.poses is not None:
        tell("head poses")
        results["poses"] = pose_results(pipeline, plan.poses)
    return {**results, "seconds": round(time.perf_counter() - start, 1)}


def _pack_results(
    plan: Plan, pack: Path, pipelines: Mapping[str, FacePipeline], tell: Tell
) -> tuple[str, dict[str, Any]]:
    """The section that a pack belongs to, and its results."""
    kind = kind_of(pack)
    if kind is PackKind.MTFL_TEST:
        faces, peers = _spread(read_mtfl(pack, "testing.txt"), plan.limit), read_peers(plan.peers, pack.name)
        return "faces", face_results(
            pipelines, pack, faces, peers, angles=plan.angles, sizes_px=plan.sizes_px, tell=tell
        )
    if kind is PackKind.WIDER:
        tell(f"{pack.name}: detection")
        scenes, peers = _spread(read_wider(pack), plan.limit), read_peers(plan.peers, pack.name)
        scores = scene_results(pipelines, pack, scenes, peers)
        masked = masked_results(pipelines[OURS], scenes) if pack.name in MASK_PACKS else None
        return "scenes", scores | {"masked": masked}
    if kind is PackKind.POSE:
        tell(f"{pack.name}: head pose")
        return "angles", labelled_pose_results(pipelines[OURS], _spread(read_pose_labels(pack), plan.limit))
    tell(f"{pack.name}: dense points")
    faces, peers = _spread(read_dense(pack), plan.limit), read_peers(plan.peers, pack.name)
    occluders = None if plan.negatives is None else read_occluders([plan.negatives])
    return "dense", dense_results(_expressive(pipelines[OURS]), faces, pack, peers, occluders)


def _expressive(pipeline: FacePipeline) -> FacePipeline:
    """The pipeline with expressions, where its model gives them."""
    gives = "expression" in pipeline.models.landmarker.gives
    return FacePipeline(pipeline.models, expression=True) if gives else pipeline


def _packs(data: Path) -> list[Path]:
    """The packs in the folder, or in the `eval` folder inside it.

    A pack of dense points looks the same whether it is for training or for checking; `eval` tells them apart.
    """
    data = data / "eval" if (data / "eval").is_dir() else data
    folders = [data, *sorted(path for path in data.iterdir() if path.is_dir())]
    packs = of_kind(folders, *MEASURED)
    if not packs:
        names = " or ".join(name for name, kind in MARKERS.items() if kind in MEASURED)
        raise DataError(f"{data} holds no pack with {names}: pass the evaluation folder")
    return packs


def _check(folder: Path | None, option: str) -> None:
    if folder is not None and not folder.is_dir():
        raise DataError(f"{option} names {folder}, which is not a folder")


def _spread(samples: Sequence[T], limit: int | None) -> list[T]:
    """At most `limit` samples, evenly over the pack: its head may be its easy part."""
    if limit is None or limit >= len(samples):
        return list(samples)
    return [samples[index] for index in np.linspace(0, len(samples) - 1, limit).round().astype(int)]
