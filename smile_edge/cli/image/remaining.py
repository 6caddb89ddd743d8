"""The images of a run that are still to be looked at."""

from typing import TYPE_CHECKING

from smile_edge.cli.console import interruptible
from smile_edge.cli.image.plan import Plan
from smile_edge.cli.standard_streams import say

if TYPE_CHECKING:
    from smile_edge.batch.inputs import Inputs
    from smile_edge.batch.resume import Remaining

__all__ = ["remaining"]


def remaining(plan: Plan) -> "tuple[Inputs | Remaining, int]":
    """The images to be looked at, and how many failed in outputs that are continued, which are brought in line."""
    if not plan.request.existing.goes_on:
        return plan.inputs, 0
    from smile_edge.batch.resume import resume

    stores = [store for output in plan.outputs if (store := output.store(plan)) is not None]
    with interruptible():
        left = resume(stores, plan.inputs, plan.run, retry=plan.request.existing.retry_errors)
    done = left.done
    wrong = f", {done.failed} of them failed (--retry-errors tries them again)" if done.failed else ""
    say(f"goes on after {done.count} images{wrong}")
    return left, done.failed
