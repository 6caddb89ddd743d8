"""How property tests run: the same examples each time, a few, however slow the machine is."""

from hypothesis import HealthCheck, settings

__all__ = ["SAME_EACH_TIME"]

SAME_EACH_TIME = settings(
    derandomize=True,
    database=None,
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
