"""How many actors a cluster has room for, and what each is given."""

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from smile_edge.batch.cpus import usable_cpus
from smile_edge.cli.image.work import MANY, SOME
from smile_edge.errors import ModelError, UsageError

if TYPE_CHECKING:
    from smile_edge.batch.ray_data.cluster import Cluster
    from smile_edge.batch.ray_data.tables import Actors
    from smile_edge.cli.image.plan import Plan
    from smile_edge.cli.image.request import OnRay, Request
    from smile_edge.runtime.report import ExecutionReport

__all__ = ["actors_of", "cpus_here", "with_precision_of"]

_ACTORS_A_GPU = 4
"""Where nobody says how many: a core decodes far fewer images than a GPU looks at."""


def cpus_here(request: "Request", on_ray: "OnRay") -> int:
    """The CPUs of a Ray that is started on this machine."""
    threads: int = request.settings["threads"]
    return threads * (on_ray.workers or max(1, usable_cpus() // threads))


def actors_of(cluster: "Cluster", plan: "Plan", on_ray: "OnRay", run: str) -> "Actors":
    """The actors of a run.

    Args:
        cluster: where they are to be.
        plan: of the run.
        on_ray: what was asked for.
        run: see `FaceActor`.

    Raises:
        UsageError: the cluster has no room for them.
    """
    from smile_edge.batch.ray_data.tables import Actors

    request = plan.request
    threads = request.settings["threads"]
    gpus = _gpus(cluster, request)
    room = cluster.cpus // threads
    count = on_ray.workers or min(room, gpus * _ACTORS_A_GPU or room)
    if not 0 < count <= room:
        wanted = f"{max(count, 1)} workers of {threads} threads" if threads > 1 else f"{max(count, 1)} workers"
        raise UsageError(f"--ray: {wanted} need more than the {cluster.cpus} CPUs of the cluster: give fewer --workers")
    options = {
        "batch": request.work.batch or (MANY if request.work.timeout_s is None else SOME),
        "timeout_s": request.work.timeout_s,
        "max_pixels": request.named.max_pixels,
        "folder": os.getcwd(),
        "identity": _identity(request),
        "run": run,
    }
    # A share that goes into one GPU a whole number of times: an actor cannot have parts of two.
    share = 1.0 / -(-count // gpus) if gpus else 0.0
    return Actors(count, request.settings, options, threads, share)


def with_precision_of(actors: "Actors", reports: "Mapping[str, ExecutionReport]") -> "Actors":
    """The same with the precision that one machine chose: `auto` is decided by a timing, which differs elsewhere."""
    precisions = {report.precision for report in reports.values()}
    if len(precisions) != 1:
        return actors
    return replace(actors, settings={**actors.settings, "precision": precisions.pop()})


def _gpus(cluster: "Cluster", request: "Request") -> int:
    """The GPUs that the run takes."""
    provider = request.settings["provider"]
    if provider in ("cuda", "tensorrt") and not cluster.gpus:
        raise UsageError(f"--provider {provider} needs a GPU, and the cluster has none: take --provider cpu")
    return 0 if provider == "cpu" else cluster.gpus


def _identity(request: "Request") -> str | None:
    from smile_edge.batch.ray_data.actor import identity_of

    try:
        return identity_of(request.models)
    except (ModelError, OSError):
        return None  # opening them will say why
