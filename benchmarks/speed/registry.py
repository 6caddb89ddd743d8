"""All suites by name, in the order in which `all` runs them."""

from benchmarks.speed.age import AGE
from benchmarks.speed.batch import BATCH
from benchmarks.speed.fps import FPS_SUITE
from benchmarks.speed.latency import LATENCY
from benchmarks.speed.memory import MEMORY
from benchmarks.speed.peers import PEERS
from benchmarks.speed.scaling import SCALING
from benchmarks.speed.startup import STARTUP
from benchmarks.speed.suite import Suite
from smile_edge.errors import UsageError

__all__ = ["SUITES", "suite_named"]

SUITES = {suite.name: suite for suite in (PEERS, LATENCY, FPS_SUITE, BATCH, STARTUP, SCALING, AGE, MEMORY)}


def suite_named(name: str) -> Suite:
    """The suite of that name.

    Raises:
        UsageError: there is none.
    """
    if name not in SUITES:
        raise UsageError(f"there is no suite {name!r}; there are {', '.join(SUITES)}")
    return SUITES[name]
