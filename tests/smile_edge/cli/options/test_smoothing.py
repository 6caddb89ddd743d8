"""`--smooth` with and without a number."""

import pytest
from cli_runs import error_line, run_cli

from smile_edge.cli.options.smoothing import strength_of
from smile_edge.errors import UsageError
from smile_edge.pipeline.face_pipeline import FacePipeline


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize(
    ("options", "strength"),
    [
        ((), 0.5),
        (("--smooth",), 0.5),
        (("--smooth", "0.9"), 0.9),
        (("--smooth=1",), 1.0),
        (("--smooth", "0"), 0.0),
        (("--no-smooth",), 0.0),
        (("--no-smooth", "--smooth", "0"), 0.0),
    ],
)
def test_the_strength_reaches_the_pipeline(
    options: tuple[str, ...], strength: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[FacePipeline] = []
    whole = FacePipeline.reset
    monkeypatch.setattr(FacePipeline, "reset", lambda self: (built.append(self), whole(self))[1])

    result = run_cli("webcam", "--source", "demo?frames=1", *options, "--no-show")

    assert result.exit_code == 0, result.output
    assert built[0].smooth == strength


@pytest.mark.parametrize("value", ["1.5", "-1", "-.5", "much", "nan"])
def test_what_is_no_strength_is_told(value: str) -> None:
    assert "--smooth" in error_line(run_cli("webcam", "--source", "demo", "--no-show", "--smooth", value))


def test_both_options_at_once_contradict_each_other() -> None:
    with pytest.raises(UsageError, match="contradict"):
        strength_of(0.4, no_smooth=True)
