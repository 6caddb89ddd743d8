"""Whatever a user can cure ends in one line and exit code 2; what is a fault of the program shows where."""

import pytest
import typer

from smile_edge.cli.run_app import run_app
from smile_edge.errors import UsageError


def _run(
    error: BaseException | None, words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[object, str]:
    app = typer.Typer(no_args_is_help=True)

    @app.command()
    def work(count: int = typer.Option(min=1)) -> None:
        if error is not None:
            raise error

    @app.command()
    def rest() -> None:
        raise typer.Exit(3)

    monkeypatch.setattr("sys.argv", ["tool", *words])
    with pytest.raises(SystemExit) as ended:
        run_app(app, "tool", "extra")
    return ended.value.code, capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (UsageError("too few\nof them"), "tool: error: too few of them\n"),
        (OSError(28, "No space left on device", "out.json"), "tool: error: out.json: No space left on device; "),
        (
            ModuleNotFoundError("No module named 'keras'"),
            "tool: error: No module named 'keras': pip install '.[extra]'\n",
        ),
        (ImportError("libGL.so.1: cannot open"), "tool: error: libGL.so.1: cannot open: smile-edge doctor names "),
    ],
)
def test_an_error_of_the_user_is_one_line(error, said, monkeypatch, capsys):
    code, text = _run(error, ["work", "--count", "1"], monkeypatch, capsys)
    assert code == 2
    assert text.startswith(said)
    assert text.count("\n") == 1


@pytest.mark.parametrize("words", [["work"], ["work", "--count", "0"], ["work", "--bogus"], ["none"]])
def test_so_is_a_misused_option(words, monkeypatch, capsys):
    code, text = _run(None, words, monkeypatch, capsys)
    assert code == 2
    assert text.startswith("tool: error: ")
    assert text.endswith("; see --help\n")
    assert text.count("\n") == 1


def test_exit_codes_pass(monkeypatch, capsys):
    assert _run(None, ["work", "--count", "1"], monkeypatch, capsys) == (0, "")
    assert _run(None, ["rest"], monkeypatch, capsys) == (3, "")
    assert _run(KeyboardInterrupt(), ["work", "--count", "1"], monkeypatch, capsys)[0] == 130


def test_a_fault_of_the_program_keeps_its_traceback(monkeypatch, capsys):
    with pytest.raises(ZeroDivisionError):
        _run(ZeroDivisionError(), ["work", "--count", "1"], monkeypatch, capsys)
