"""A run of `image batch` from its plan to its exit code."""

from typing import TYPE_CHECKING

from smile_edge.cli.console import interruptible
from smile_edge.cli.image.plan import Plan, plan_of
from smile_edge.cli.image.progress import write_all
from smile_edge.cli.image.request import Request
from smile_edge.cli.image.work import worked, worker_processes
from smile_edge.cli.interrupts import ClosingStack
from smile_edge.cli.standard_streams import say

if TYPE_CHECKING:
    from smile_edge.batch.inputs import Inputs
    from smile_edge.batch.resume import Remaining

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
    images, failed = _remaining(plan)
    if plan.note is not None:
        say(plan.note)
    with interruptible(), ClosingStack() as stack:
        pool = worker_processes(stack, plan, images.count)
        numbered = Numbered(images)
        results, reports = worked(pool, numbered.paths(), plan)
        sinks = [stack.enter_context(output.open(plan)) for output in plan.outputs]
        code = write_all(numbered.numbered(results), images.count, reports, sinks)
    return code or int(failed > 0)


def _remaining(plan: Plan) -> "tuple[Inputs | Remaining, int]":
    """The images to be looked at, and how many failed in outputs that are continued, which are brought in line."""
    if not plan.request.existing.goes_on:
        return plan.inputs, 0
    from smile_edge.batch.resume import resume

    stores = [store for output in plan.outputs if (store := output.store(plan)) is not None]
    with interruptible():
        remaining = resume(stores, plan.inputs, plan.run, retry=plan.request.existing.retry_errors)
    done = remaining.done
    wrong = f", {done.failed} of them failed (--retry-errors tries them again)" if done.failed else ""
    say(f"goes on after {done.count} images{wrong}")
    return remaining, done.failed
