"""The learning curve: title, units, the error before the first step."""

import pytest

Figure = pytest.importorskip("matplotlib.figure", reason="needs the train extra").Figure

from train.engine.curves import Curve, draw_curve  # noqa: E402

HISTORY = [
    {"minutes": 0.5, "step": 10, "loss": 3.0, "error": 4.0},
    {"minutes": 1.0, "step": 20, "loss": 2.0, "error": 3.0},
]


@pytest.fixture
def drawn(tmp_path, monkeypatch):
    """Draws a curve; the axes as they were saved."""
    figures = []
    save = Figure.savefig
    monkeypatch.setattr(Figure, "savefig", lambda self, *args, **kw: (figures.append(self), save(self, *args, **kw)))

    def draw(curve, history=HISTORY):
        draw_curve(history, tmp_path / "curve.png", curve)
        assert (tmp_path / "curve.png").stat().st_size > 1000
        return figures[-1].axes

    return draw


def test_a_curve_has_a_title_and_units_on_every_axis(drawn):
    errors, losses = drawn(Curve("Landmarker", "% of the face size", 9.0))
    assert errors.get_title(loc="left").startswith("Landmarker")
    assert errors.get_ylabel() == "error, % of the face size"
    assert losses.get_xlabel() == "minutes of training"
    assert losses.get_ylabel()


def test_a_curve_begins_before_the_first_step(drawn):
    errors, _ = drawn(Curve("Landmarker", "px", 9.0))
    line = max(errors.lines, key=lambda one: len(one.get_xdata()))
    assert list(zip(line.get_xdata(), line.get_ydata(), strict=True)) == [(0, 9), (0.5, 4), (1, 3)]
    assert {text.get_text() for text in errors.texts} == {"before training: 9", "best: 3"}


def test_a_start_that_was_not_measured_is_left_out(drawn):
    errors, _ = drawn(None)
    assert list(errors.lines[0].get_xdata()) == [0.5, 1.0]
    assert [text.get_text() for text in errors.texts] == ["best: 3"]


@pytest.mark.parametrize(("before", "scale"), [(100.0, "log"), (5.0, "linear")])
def test_a_start_that_is_far_off_makes_the_axis_logarithmic(before, scale, drawn):
    assert drawn(Curve(before=before))[0].get_yscale() == scale


def test_progress_tells_the_error_of_now_before_and_at_best():
    assert Curve("", "px", 9.0).standing(4, 3) == "error 4 px (9 before, best 3)"
    assert Curve().standing(4, 3) == "error 4 (best 3)"
