"""The clips that jitter is measured on."""

from benchmarks.accuracy.clips import drifting, still


def test_clips_are_noisy_and_the_same_in_every_run():
    first, second = drifting(40, 0.2), drifting(40, 0.2)
    assert all((a.image == b.image).all() for a, b in zip(first.frames, second.frames, strict=True))
    assert (still(40, 0.1).frames[0].image != still(40, 0.1).frames[1].image).any()
