"""`python -m train`: the command line of training. Keras is imported inside the commands, after the threads are set."""

import os
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

Data = Annotated[
    list[Path], typer.Option(help="Folder of a data pack; repeat for several.", exists=True, file_okay=False)
]
Out = Annotated[Path, typer.Option(help="Run folder: checkpoints, learning curve, configuration.")]
Minutes = Annotated[float, typer.Option(min=0.01, help="Time to train; the schedule is fitted to it.")]
Resume = Annotated[bool, typer.Option("--resume", help="Go on from the last checkpoint in --out.")]
Batch = Annotated[int, typer.Option(min=2, help="Images a step.")]
Threads = Annotated[int, typer.Option(min=1, help="Cores the network may use.")]
Rate = Annotated[float, typer.Option(min=1e-6, help="Peak learning rate.")]
Init = Annotated[Path | None, typer.Option(help="Weights (.keras) to start from.", exists=True, dir_okay=False)]
Bfloat16 = Annotated[bool, typer.Option("--bfloat16", help="Compute in bfloat16: faster on CPUs with AVX512-BF16.")]
Seed = Annotated[int, typer.Option(help="Seed of weights and batches.")]
EpochSteps = Annotated[int, typer.Option(min=1, help="Steps between checkpoints.")]


def _prepare(threads: int, bfloat16: bool) -> None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ["TF_NUM_INTRAOP_THREADS"] = str(threads)
    os.environ["TF_NUM_INTEROP_THREADS"] = "1"
    import keras

    keras.config.set_dtype_policy("mixed_bfloat16" if bfloat16 else "float32")


def _packs(folders: list[Path]) -> list[Path]:
    """The packs named; a folder that only holds packs stands for all of them but the evaluation ones."""
    packs: list[Path] = []
    for folder in folders:
        inner = sorted(path for path in folder.iterdir() if path.is_dir() and path.name not in ("eval", "images"))
        is_pack = any(path.is_file() and path.name != "README.md" for path in folder.iterdir())
        packs += [folder] if is_pack or not inner else inner
    return packs


@app.callback()
def _train() -> None:
    """Train and evaluate the models of smile-edge."""


@app.command()
def landmarks(
    data: Data,
    out: Out = Path("runs/landmarks"),
    minutes: Minutes = 40,
    resume: Resume = False,
    batch: Batch = 32,
    learning_rate: Rate = 2e-3,
    threads: Threads = 1,
    init: Init = None,
    mined: Annotated[
        Path | None, typer.Option(help="Folder of `train mine`: what the detector takes for faces.")
    ] = None,
    bfloat16: Bfloat16 = False,
    seed: Seed = 0,
    epoch_steps: EpochSteps = 1000,
) -> None:
    """Train the landmarker on packs of labelled faces."""
    _prepare(threads, bfloat16)
    from train.fit import FitConfig
    from train.run_landmarks import train_landmarks

    config = FitConfig(out, minutes, epoch_steps, learning_rate, resume=resume)
    train_landmarks(_packs(data), config, batch=batch, init=init, mined=mined, seed=seed)


@app.command()
def detector(
    data: Data,
    out: Out = Path("runs/detector"),
    minutes: Minutes = 60,
    resume: Resume = False,
    batch: Batch = 24,
    canvas: Annotated[int, typer.Option(min=96, help="Side of a training canvas, px.")] = 192,
    learning_rate: Rate = 2e-3,
    threads: Threads = 1,
    init: Init = None,
    bfloat16: Bfloat16 = False,
    seed: Seed = 0,
    epoch_steps: EpochSteps = 1000,
) -> None:
    """Train the face detector on packs of boxed faces, labelled faces and backgrounds."""
    _prepare(threads, bfloat16)
    from train.fit import FitConfig
    from train.run_detector import train_detector

    config = FitConfig(out, minutes, epoch_steps, learning_rate, resume=resume)
    train_detector(_packs(data), config, batch=batch, canvas_px=canvas, init=init, seed=seed)


@app.command()
def evaluate(
    data: Annotated[Path, typer.Option(help="Folder of evaluation packs.", exists=True, file_okay=False)],
    out: Annotated[Path, typer.Option(help="Receives scores.json and pictures of the worst faces.")] = Path(
        "runs/evaluate"
    ),
    models: Annotated[Path, typer.Option(help="Folder of the shipped models.", exists=True, file_okay=False)] = Path(
        "models"
    ),
    store: Annotated[bool, typer.Option("--store", help="Write the scores into the manifests.")] = False,
) -> None:
    """Score the shipped ONNX models, through the runtime, on evaluation packs."""
    import json

    from train.evaluate import evaluate as score

    typer.echo(json.dumps(score(data, out, models, write_back=store), indent=1))


@app.command()
def threshold(
    data: Data,
    models: Annotated[Path, typer.Option(help="Folder of the shipped models.", exists=True, file_okay=False)] = Path(
        "models"
    ),
    alarms: Annotated[float, typer.Option(min=0, help="False alarms an image to allow.")] = 0.3,
) -> None:
    """Choose the detector's score threshold on held-out scenes of the training packs; set it with `export --set`."""
    import json

    from smile_edge import FacePipeline
    from train.threshold import choose_threshold, held_out_people

    pipeline = FacePipeline(models, provider="cpu")
    typer.echo(json.dumps(choose_threshold(pipeline, held_out_people(_packs(data)), alarms)))


@app.command()
def mine(
    data: Data,
    out: Annotated[Path, typer.Option(help="Receives the crops.")] = Path("runs/mined"),
    models: Annotated[Path, typer.Option(help="Folder of the shipped models.", exists=True, file_okay=False)] = Path(
        "models"
    ),
) -> None:
    """Cut out what the detector takes for faces, right and wrong, for `landmarks --mined`."""
    import json

    from smile_edge.detector import FaceDetector
    from smile_edge.session import open_model
    from train.mine import mine as cut

    detector = FaceDetector(*open_model("detector", models=models, provider="cpu", threads=1))
    typer.echo(json.dumps(cut(detector, _packs(data), out)))


@app.command()
def smoke(
    out: Annotated[Path, typer.Option(help="Receives generated packs and both run folders.")] = Path("runs/smoke"),
    seconds: Annotated[float, typer.Option(min=1, help="Time to train each model.")] = 8,
) -> None:
    """Train both models for seconds on generated faces: proves that the machinery runs, not that it learns."""
    _prepare(threads=2, bfloat16=False)
    from train.smoke import train_on_generated

    train_on_generated(out, seconds)


def main() -> None:
    """Entry point: a deliberate error is one line and exit code 2."""
    from smile_edge.errors import SmileEdgeError

    try:
        app()
    except SmileEdgeError as error:
        typer.echo(f"train: error: {error}", err=True)
        raise SystemExit(2) from None


if __name__ == "__main__":
    main()
