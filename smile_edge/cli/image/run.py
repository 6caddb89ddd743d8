"""A run of `image batch` from its plan to its exit code."""

from smile_edge.cli.console import interruptible
from smile_edge.cli.image.cluster.run import run_on_ray
from smile_edge.cli.image.plan import plan_of
from smile_edge.cli.image.progress import write_all
from smile_edge.cli.image.remaining import remaining
from smile_edge.cli.image.request import Request
from smile_edge.cli.image.work import worked, worker_processes
from smile_edge.cli.interrupts import ClosingStack
from smile_edge.cli.standard_streams import say

__all__ = ["run_batch"]


def run_batch(request: Request) -> int:
    """Looks at the images and writes the outputs.

    Returns:
        The exit code.

    Raises:
        SmileEdgeError: see `plan.plan_of`; an output cannot be written, or the models not be opened.
    """
    from smile_edge.batch.inputs import Numbered

    plan = plan_of(request)
    if request.work.on_ray is not None:
        return run_on_ray(plan, request.work.on_ray)
    images, failed = remaining(plan)
    if plan.note is not None:
        say(plan.note)
    with interruptible(), ClosingStack() as stack:
        pool = worker_processes(stack, plan, images.count)
        numbered = Numbered(images)
        results, reports = worked(pool, numbered.paths(), plan)
        sinks = [stack.enter_context(output.open(plan)) for output in plan.outputs]
        code = write_all(numbered.numbered(results), images.count, reports, sinks)
    return code or int(failed > 0)
