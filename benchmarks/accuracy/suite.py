"""How good the shipped models are, end to end through the runtime: the measurement behind every figure we show."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from benchmarks.accuracy.detection import scene_results
from benchmarks.accuracy.false_positives import false_alarms
from benchmarks.accuracy.head_pose import pose_results
from benchmarks.accuracy.jitter import jitter_results
from benchmarks.accuracy.landmarks import face_results
from benchmarks.accuracy.peers import read_peers
from benchmarks.reporting.environment import describe
from benchmarks.reporting.systems import ONE_LOOK, OURS
from smile_edge import FacePipeline
from smile_edge.runtime.manifest import find_models
from train.data.formats.kind import PackKind, kind_of, of_kind
from train.data.formats.mtfl import read_mtfl
from train.data.formats.wider import read_wider
from train.errors import DataError
from train.evaluation.evaluate import model_times

__all__ = ["RESULTS_SCHEMA", "Plan", "measure"]

RESULTS_SCHEMA = 1

T = TypeVar("T")


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
    plan: Plan, models: Path | None = None, *, provider: str = "cpu", tell: Callable[[str], None] = lambda text: None
) -> dict[str, Any]:
    """Runs the plan.

    Args:
        plan: packs, peers and how much of them.
        models: folder of the models; None looks in the usual places.
        provider: see `FacePipeline`.
        tell: told what is being done.

    Returns:
        Plain JSON types: `machine`, `versions`, `models`, `times` (one core, ms), `faces` and `scenes` by pack,
        `jitter`, `false_alarms` and `poses` (None where not asked for) and `seconds`.

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
    empty: dict[str, Any] = {"faces": {}, "scenes": {}, "false_alarms": None, "poses": None}
    results = {"schema": RESULTS_SCHEMA, **describe(pipeline, folder), **empty}
    tell("time of each model")
    results["times"] = {name: round(value, 3) for name, value in model_times(pipeline).items()}
    for pack in packs:
        peers = read_peers(plan.peers, pack.name)
        if kind_of(pack) is PackKind.MTFL_TEST:
            samples = _spread(read_mtfl(pack, "testing.txt"), plan.limit)
            results["faces"][pack.name] = face_results(
                pipelines, pack, samples, peers, angles=plan.angles, sizes_px=plan.sizes_px, tell=tell
            )
        else:
            tell(f"{pack.name}: detection")
            results["scenes"][pack.name] = scene_results(pipelines, pack, _spread(read_wider(pack), plan.limit), peers)
    tell("jitter")
    results["jitter"] = jitter_results(pipeline.models, plan.clip_s)
    if plan.negatives is not None:
        tell("false alarms")
        results["false_alarms"] = false_alarms(pipeline, plan.negatives, plan.limit)
    if plan.poses is not None:
        tell("head poses")
        results["poses"] = pose_results(pipeline, plan.poses)
    return {**results, "seconds": round(time.perf_counter() - start, 1)}


def _packs(data: Path) -> list[Path]:
    """The packs in the folder, or in the `eval` folder inside it: those for training are never measured."""
    data = data / "eval" if (data / "eval").is_dir() else data
    folders = [data, *sorted(path for path in data.iterdir() if path.is_dir())]
    packs = of_kind(folders, PackKind.MTFL_TEST, PackKind.WIDER)
    if not packs:
        raise DataError(f"{data} holds no pack with testing.txt or wider_face_bbx_gt.txt: pass the evaluation folder")
    return packs


def _check(folder: Path | None, option: str) -> None:
    if folder is not None and not folder.is_dir():
        raise DataError(f"{option} names {folder}, which is not a folder")


def _spread(samples: Sequence[T], limit: int | None) -> list[T]:
    """At most `limit` samples, evenly over the pack: its head may be its easy part."""
    if limit is None or limit >= len(samples):
        return list(samples)
    return [samples[index] for index in np.linspace(0, len(samples) - 1, limit).round().astype(int)]
