"""The 52 coefficients of a facial expression that ARKit names, and those among them that a landmark model gives."""

from collections.abc import Sequence

__all__ = ["COEFFICIENTS", "FLIP_LEARNT", "LEARNT", "NOT_LEARNT", "expression_of", "other_side"]

_EYES = ("Blink", "LookDown", "LookIn", "LookOut", "LookUp", "Squint", "Wide")
COEFFICIENTS = (
    "browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight", "cheekPuff",
    "cheekSquintLeft", "cheekSquintRight", *(f"eye{name}{side}" for name in _EYES for side in ("Left", "Right")),
    "jawForward", "jawLeft", "jawOpen", "jawRight", "mouthClose", "mouthDimpleLeft", "mouthDimpleRight",
    "mouthFrownLeft", "mouthFrownRight", "mouthFunnel", "mouthLeft", "mouthLowerDownLeft", "mouthLowerDownRight",
    "mouthPressLeft", "mouthPressRight", "mouthPucker", "mouthRight", "mouthRollLower", "mouthRollUpper",
    "mouthShrugLower", "mouthShrugUpper", "mouthSmileLeft", "mouthSmileRight", "mouthStretchLeft", "mouthStretchRight",
    "mouthUpperUpLeft", "mouthUpperUpRight", "noseSneerLeft", "noseSneerRight", "tongueOut",
)  # fmt: skip
"""Names of the record, in alphabetical order."""

LEARNT = COEFFICIENTS[:-1]
"""What a landmark model gives, in this order: all but `tongueOut`, which its teacher does not give."""
NOT_LEARNT = frozenset({
    "cheekPuff", "cheekSquintLeft", "cheekSquintRight", "jawForward", "noseSneerLeft", "noseSneerRight", "tongueOut"
})  # fmt: skip
"""Always 0: the teacher never moves them in training faces, so what a model says of them is noise."""


def other_side(name: str) -> str:
    """A coefficient's counterpart: `eyeBlinkLeft` to `eyeBlinkRight`; `jawLeft` to `jawRight`; `jawOpen` to itself."""
    for ending, other in (("Left", "Right"), ("Right", "Left")):
        if name.endswith(ending):
            return name.removesuffix(ending) + other
    return name


FLIP_LEARNT = tuple(LEARNT.index(other_side(name)) for name in LEARNT)
"""Which of a mirrored face's coefficients each of `LEARNT` is."""
_GIVEN = tuple((name, None if name in NOT_LEARNT else index) for index, name in enumerate(COEFFICIENTS))


def expression_of(learnt: Sequence[float]) -> dict[str, float]:
    """The 52 coefficients by name, 0..1.

    Args:
        learnt: 51 numbers, those of `LEARNT`.
    """
    return {name: 0.0 if index is None else learnt[index] for name, index in _GIVEN}
