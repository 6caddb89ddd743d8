"""The commands of the speed suites; `benchmarks.__main__` adds them to its own."""

import json
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

__all__ = ["add_commands"]

OutOption = Annotated[Path, typer.Option(help="Receives the JSON, the table and the plot.")]
QuickOption = Annotated[bool, typer.Option("--quick", help="Seconds instead of minutes: fewer cases and calls.")]
ModelsOption = Annotated[Path | None, typer.Option(help="Folder of the models; default: those that ship.")]
ProviderOption = Annotated[str, typer.Option(help="Execution provider: cpu, auto, cuda or tensorrt.")]
FramesOption = Annotated[int | None, typer.Option(min=10, help="Frames of the stream; default: 20,000.")]
MediapipeOption = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Environment with MediaPipe, made by --setup-mediapipe.")
]
YunetOption = Annotated[Path | None, typer.Option(metavar="FILE", help="YuNet ONNX file of the OpenCV model zoo.")]
CommandOption = Annotated[
    list[str] | None,
    typer.Option(
        "--command", metavar="'...'", help="A program that reads {video} and writes our JSON lines; may be repeated."
    ),
]

RESULTS = Path("benchmarks/results")

_PLAIN = {
    "latency": "Every stage by itself: capture, resize, detector, landmarker, tracker, smoother, drawing, outputs.",
    "fps": "The whole pipeline at 480p, 720p and 1080p with 1, 4 and 16 faces, with tracking and without.",
    "startup": "Processor and wall time from the start of a process to its first landmarks.",
    "scaling": "What a second core is worth: inside a model run, to a second thread, to a second process.",
    "age": "How old a frame is when its result is there, live at 30 frames a second, with slow outputs and over UDP.",
    "serve": "The same while a hundred clients watch the page that is served, half of them stuck; and the memory.",
}


def add_commands(app: typer.Typer) -> None:
    """Adds one command a suite, `all`, `report`, `compare` and the hidden one that runs a case."""
    for name, text in _PLAIN.items():
        app.command(name, help=text)(_plain(name))
    for function in (batch, memory, peers):
        app.command()(function)
    app.command("all")(every)
    app.command()(report)
    app.command()(compare)
    app.command("_case", hidden=True)(case)


def _plain(name: str) -> Callable[..., None]:
    def run(
        out: OutOption = RESULTS,
        quick: QuickOption = False,
        models: ModelsOption = None,
        provider: ProviderOption = "cpu",
    ) -> None:
        _measure(name, out, quick, models, provider)

    return run


def batch(
    out: OutOption = RESULTS,
    quick: QuickOption = False,
    models: ModelsOption = None,
    provider: ProviderOption = "cpu",
    mediapipe: MediapipeOption = None,
    yunet: YunetOption = None,
) -> None:
    """A folder of photographs through `smile-edge image batch`, against reading it; single pictures beside others."""
    _measure("batch", out, quick, models, provider, {"mediapipe": mediapipe, "yunet": yunet})


def memory(
    out: OutOption = RESULTS,
    quick: QuickOption = False,
    models: ModelsOption = None,
    provider: ProviderOption = "cpu",
    frames: FramesOption = None,
) -> None:
    """Resident memory over many frames of the demo: growth after the warm-up (--frames 1000000 for the full claim)."""
    _measure("memory", out, quick, models, provider, {"frames": frames})


def peers(
    out: OutOption = RESULTS,
    quick: QuickOption = False,
    models: ModelsOption = None,
    provider: ProviderOption = "cpu",
    mediapipe: MediapipeOption = None,
    yunet: YunetOption = None,
    command: CommandOption = None,
    setup_mediapipe: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Make an environment with MediaPipe there, and do nothing else.")
    ] = None,
    python: Annotated[
        str, typer.Option(help="Python for --setup-mediapipe, 3.9 to 3.12; default: this one.")
    ] = sys.executable,
) -> None:
    """Other systems beside ours, in turn on the same frames and one core. A peer that is not given is said."""
    if setup_mediapipe is not None:
        from train.external.mediapipe_env import set_up

        set_up(setup_mediapipe, python)
        typer.echo(f"done: python -m benchmarks peers --mediapipe {setup_mediapipe}")
        return
    options = {"mediapipe": mediapipe, "yunet": yunet, "command": command}
    _measure("peers", out, quick, models, provider, options)


def every(
    out: OutOption = RESULTS,
    quick: QuickOption = False,
    models: ModelsOption = None,
    provider: ProviderOption = "cpu",
    frames: FramesOption = None,
    mediapipe: MediapipeOption = None,
    yunet: YunetOption = None,
    command: CommandOption = None,
) -> None:
    """Every speed suite, one after the other (accuracy is a command of its own)."""
    from benchmarks.speed.registry import SUITES

    own: dict[str, dict[str, Any]] = {
        "batch": {"mediapipe": mediapipe, "yunet": yunet},
        "memory": {"frames": frames},
        "peers": {"mediapipe": mediapipe, "yunet": yunet, "command": command},
    }
    for name in SUITES:
        _measure(name, out, quick, models, provider, own.get(name, {}))


def report(
    results: Annotated[Path, typer.Option(help="Folder of the results.")] = RESULTS,
    readme: Annotated[Path, typer.Option(help="File that has places for the tables.")] = Path("README.md"),
) -> None:
    """Make all tables and plots again from the results, without measuring, and put the tables into the README."""
    from benchmarks.readme import write_all

    for line in write_all(results, readme):
        typer.echo(line)


def compare(
    old: Annotated[Path | None, typer.Argument(help="JSON file of a suite, or a folder of results.")] = None,
    new: Annotated[Path | None, typer.Argument(help="The same, measured later.")] = None,
    paired: Annotated[
        Path | None,
        typer.Option(
            metavar="OLD_CHECKOUT", help="Measure now, in turn: the code of this folder and that of this one."
        ),
    ] = None,
    case: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="With --paired: only this case; may be repeated.")
    ] = None,
    rounds: Annotated[int | None, typer.Option(min=11, help="With --paired: readings a side; default: 15.")] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="With --paired: receives the JSON.")] = None,
    tolerance: Annotated[
        float | None,
        typer.Option(min=0.0, help="Share by which a figure may be worse; default: 0.15, with --paired 0.03 or 0.05."),
    ] = None,
) -> None:
    """Two results figure by figure, or two checkouts in turn; exit code 1 where something got worse."""
    from smile_edge.errors import UsageError

    given = [path for path in (old, new) if path is not None]
    if paired is not None:
        if given:
            raise UsageError(f"name two results or --paired OLD_CHECKOUT, not both. Received: {given[0]} with --paired")
        _compare_paired(paired, case or [], rounds, out, tolerance)
        return
    alone = [name for name, value in (("case", case), ("rounds", rounds), ("out", out)) if value]
    if alone:
        raise UsageError(f"--{alone[0]} goes with --paired OLD_CHECKOUT")
    if old is None or new is None:
        raise UsageError("name two results to compare, OLD and NEW, or another checkout with --paired OLD_CHECKOUT")
    _compare_results(old, new, 0.15 if tolerance is None else tolerance)


def _compare_results(old: Path, new: Path, tolerance: float) -> None:
    """Prints both; exit code 1 where a figure got worse."""
    from benchmarks.speed.report.compare import compare as compare_results

    found = compare_results(old, new, tolerance)
    typer.echo(found.text)
    for name in found.regressions:
        typer.echo(f"worse by more than {tolerance:.0%}: {name}", err=True)
    if found.regressions:
        raise typer.Exit(1)


def _compare_paired(
    old: Path, names: Sequence[str], rounds: int | None, out: Path | None, tolerance: float | None
) -> None:
    """Measures and prints; exit code 1 where an interval lies wholly above what is tolerated."""
    from benchmarks.reporting.environment import command_line, place
    from benchmarks.speed.paired.report import commit_of, table_of, write_json
    from benchmarks.speed.paired.rounds import HERE, ROUNDS, chosen, compare_checkouts
    from smile_edge.errors import UsageError

    if out is not None and (out.is_dir() or not out.parent.is_dir()):
        raise UsageError(f"--out must name a file in a folder that is there. Received: {out}")
    cases = chosen(names)
    shown: dict[str, Any] = {"paired": old, "case": list(names), "rounds": rounds, "tolerance": tolerance}
    origin = {"command": command_line("compare", shown), "old_commit": commit_of(old), "new_commit": commit_of(HERE)}
    origin |= place()
    outcomes = compare_checkouts(old, HERE, cases, rounds or ROUNDS, tolerance, lambda text: typer.echo(text, err=True))
    typer.echo(f"old: commit {origin['old_commit']}\nnew: commit {origin['new_commit']}\n")
    typer.echo(table_of(outcomes))
    if out is not None:
        write_json(out, outcomes, origin)
    worse = [one for one in outcomes if one.verdict == "WORSE"]
    for one in worse:
        typer.echo(f"worse by more than {100 * one.tolerance:g}%: {one.name}", err=True)
    if worse:
        raise typer.Exit(1)


def case(
    suite: Annotated[str, typer.Argument(help="Name of the suite.")],
    order: Annotated[str, typer.Argument(help="JSON object: the work, its settings and where to run it.")],
) -> None:
    """One case in this process: what the suites start; prints one line of JSON."""
    from benchmarks.speed.harness.process import run_here
    from benchmarks.speed.registry import suite_named
    from smile_edge.errors import UsageError

    try:
        orders = json.loads(order)
    except ValueError as error:
        raise UsageError(f"an order to run a case must be a JSON object ({error}). Received: {order[:80]}") from None
    typer.echo(json.dumps(run_here(suite_named(suite), orders if isinstance(orders, dict) else {})))


def _measure(
    name: str, out: Path, quick: bool, models: Path | None, provider: str, options: Mapping[str, Any] | None = None
) -> None:
    """Runs a suite, writes its results and prints its table."""
    from benchmarks.reporting.environment import command_line
    from benchmarks.speed.harness.process import run_suite
    from benchmarks.speed.harness.suite import Plan
    from benchmarks.speed.registry import suite_named
    from benchmarks.speed.report.results import rows_table
    from benchmarks.speed.report.write import write_results
    from smile_edge.errors import UsageError
    from smile_edge.runtime.manifest import find_models
    from smile_edge.runtime.session import PROVIDERS

    options = {key: value for key, value in (options or {}).items() if value}
    if provider not in PROVIDERS:
        raise UsageError(f"--provider must be one of {', '.join(PROVIDERS)}. Received: {provider!r}")
    find_models(models)  # a folder that is not there is told before minutes of measuring
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--out names {out}, where no folder can be made: {error.strerror}") from None
    shown = {"models": models, "quick": quick, "provider": None if provider == "cpu" else provider, **options}
    with tempfile.TemporaryDirectory(prefix="smile-edge-") as scratch:
        plan = Plan(Path(scratch), quick, models, provider, options)
        results = run_suite(suite_named(name), plan, lambda text: typer.echo(text, err=True))
    results = {"command": command_line(name, shown), **results}
    path = write_results(results, out)
    typer.echo(rows_table(results["rows"]))
    typer.echo(f"{results['seconds']:.0f} s; {path}, with its table and plot beside it", err=True)
    load, cores = results["machine"]["load"], results["machine"]["cores"] or 1
    if load is not None and load > 0.3 * cores:
        typer.echo(f"the machine was busy (load {load} on {cores} cores): figures may be too slow", err=True)
