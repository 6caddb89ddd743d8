"""Names of the coefficients, their sides, and what is always 0."""

import pytest

from smile_edge.measures.expression import COEFFICIENTS, FLIP_LEARNT, LEARNT, NOT_LEARNT, expression_of, other_side
from smile_edge.records import record_schema


def test_the_names_are_those_of_the_record():
    face = record_schema()["properties"]["faces"]["items"]
    while "$ref" in face:
        face = record_schema()["$defs"][face["$ref"].rsplit("/", 1)[1]]
    assert face["properties"]["expression"]["propertyNames"]["enum"] == list(COEFFICIENTS)
    assert len(COEFFICIENTS) == 52
    assert set(NOT_LEARNT) < set(COEFFICIENTS)


@pytest.mark.parametrize(
    ("name", "other"),
    [("eyeBlinkLeft", "eyeBlinkRight"), ("jawRight", "jawLeft"), ("jawOpen", "jawOpen"), ("mouthRight", "mouthLeft")],
)
def test_a_mirror_swaps_the_sides(name, other):
    assert other_side(name) == other
    assert LEARNT[FLIP_LEARNT[LEARNT.index(name)]] == other


def test_every_coefficient_is_given_and_those_that_nobody_taught_are_zero():
    found = expression_of([0.5] * len(LEARNT))
    assert list(found) == list(COEFFICIENTS)
    assert {name for name, value in found.items() if value == 0} == NOT_LEARNT
    assert set(found.values()) == {0.0, 0.5}
