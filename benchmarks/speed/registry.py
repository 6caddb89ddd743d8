"""All suites by name, in the order in which `all` runs them."""

from benchmarks.speed.harness.suite import Suite
from benchmarks.speed.suites.age import AGE
from benchmarks.speed.suites.batch import BATCH
from benchmarks.speed.suites.fps import FPS_SUITE
from benchmarks.speed.suites.latency import LATENCY
from benchmarks.speed.suites.memory import MEMORY
from benchmarks.speed.suites.peers import PEERS
from benchmarks.speed.suites.scaling import SCALING
from benchmarks.speed.suites.serve import SERVE
from benchmarks.speed.suites.startup import STARTUP
from smile_edge.errors import UsageError

__all__ = ["SUITES", "suite_named"]

SUITES = {suite.name: suite for suite in (PEERS, LATENCY, FPS_SUITE, BATCH, STARTUP, SCALING, AGE, SERVE, MEMORY)}


def suite_named(name: str) -> Suite:
    """The suite of that name.

    Raises:
        UsageError: there is none.
    """
    if name not in SUITES:
        raise UsageError(f"there is no suite {name!r}; there are {', '.join(SUITES)}")
    return SUITES[name]
