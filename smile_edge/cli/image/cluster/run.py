"""A run of `image batch --ray`: rows come as tables from a cluster, and this process writes the parts."""

import secrets
from typing import TYPE_CHECKING

from smile_edge.cli.console import interruptible
from smile_edge.cli.image.cluster.actors import actors_of, cpus_here, with_precision_of
from smile_edge.cli.image.cluster.quiet import quiet_ray
from smile_edge.cli.image.parquet_output import ParquetOutput
from smile_edge.cli.image.plan import Plan
from smile_edge.cli.image.progress import write_tables
from smile_edge.cli.image.remaining import remaining
from smile_edge.cli.interrupts import ClosingStack, interrupts
from smile_edge.cli.standard_streams import say

if TYPE_CHECKING:
    from smile_edge.cli.image.request import OnRay

__all__ = ["run_on_ray"]


def run_on_ray(plan: Plan, on_ray: "OnRay") -> int:
    """Looks at the images of a plan on a cluster.

    Returns:
        The exit code.

    Raises:
        SmileEdgeError: Ray is not installed or does not answer, the models cannot be opened, the output not be written.
    """
    from smile_edge.batch.ray_data.attempts import forget
    from smile_edge.batch.ray_data.cluster import Cluster
    from smile_edge.batch.ray_data.tables import face_tables, reports_of

    cluster = Cluster(on_ray.address, cpus=cpus_here(plan.request, on_ray))
    images, failed = remaining(plan)
    if plan.note is not None:
        say(plan.note)
    (output,) = (output for output in plan.outputs if isinstance(output, ParquetOutput))
    with interruptible(), ClosingStack() as stack:
        run = secrets.token_hex(8)
        stack.callback(forget, run)  # once Ray has ended
        stack.enter_context(quiet_ray())
        with interrupts.held_back():
            stack.enter_context(cluster)
        actors = actors_of(cluster, plan, on_ray, run)
        reports = reports_of(actors)
        tables = face_tables(images, with_precision_of(actors, reports), images.count)
        sink = stack.enter_context(output.open(plan))
        code = write_tables(tables, images.count, reports, sink)
    return code or int(failed > 0)
