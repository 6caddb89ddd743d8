"""`python -m train`: the command line of training. Keras is imported inside the commands, after the threads are set."""

from pathlib import Path
from typing import Annotated

import typer

from smile_edge.cli.run_app import run_app
from train.compare.cli import compare_app
from train.engine.keras_setup import prepare
from train.errors import DataError

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
app.add_typer(compare_app)

Data = Annotated[
    list[Path], typer.Option(help="Folder of a data pack; repeat for several.", exists=True, file_okay=False)
]
Labels = Annotated[list[Path], typer.Option(help="CSV of named points, or folder of a data pack; repeat for several.")]
Out = Annotated[Path, typer.Option(help="Run folder: checkpoints, learning curve, configuration.")]
Minutes = Annotated[float, typer.Option(min=0.01, help="Time to train; the schedule is fitted to it.")]
Resume = Annotated[bool, typer.Option("--resume", help="Go on from the last checkpoint in --out.")]
Batch = Annotated[int, typer.Option(min=2, help="Images a step.")]
Threads = Annotated[int, typer.Option(min=1, help="Cores the network may use.")]
Rate = Annotated[float, typer.Option(min=1e-6, help="Peak learning rate.")]
Init = Annotated[Path | None, typer.Option(help="Weights to start from: a .keras file, or a folder of shipped models.")]
Bfloat16 = Annotated[bool, typer.Option("--bfloat16", help="Compute in bfloat16: faster on CPUs with AVX512-BF16.")]
Mined = Annotated[
    list[Path] | None, typer.Option(help="Folder of `train mine`: what the detector takes for faces; may be repeated.")
]
Heads = Annotated[
    list[Path] | None, typer.Option(help="Folder of `train turn`: heads turned aside or bent; may be repeated.")
]
Models = Annotated[Path, typer.Option(help="Folder of the shipped models.", exists=True, file_okay=False)]
MediaPipe = Annotated[
    Path, typer.Option(help="Environment of `python -m benchmarks peers --setup-mediapipe`: its face mesh gives depth.")
]
Seed = Annotated[int, typer.Option(help="Seed of weights and batches.")]
EpochSteps = Annotated[int, typer.Option(min=1, help="Steps between checkpoints.")]


def _packs(folders: list[Path]) -> list[Path]:
    """The packs named; a folder that only holds packs stands for all of them but the evaluation ones."""
    packs: list[Path] = []
    for folder in folders:
        if folder.is_file():
            packs.append(folder)
            continue
        inner = sorted(path for path in folder.iterdir() if path.is_dir() and path.name not in ("eval", "images"))
        is_pack = any(path.is_file() and path.name != "README.md" for path in folder.iterdir())
        packs += [folder] if is_pack or not inner else inner
    return packs


def _weights(init: Path | None, task: str) -> Path | None:
    """The file that `--init` names: itself, or the weights of the task in a folder."""
    path = init / f"{task}.keras" if init is not None and init.is_dir() else init
    if path is not None and not path.is_file():
        raise DataError(f"--init: no weights at {path}: name a .keras file, or a folder that holds {task}.keras")
    return path


@app.callback()
def _train() -> None:
    """Train and evaluate the models of smile-edge."""


@app.command()
def landmarks(
    data: Labels,
    out: Out = Path("runs/landmarks"),
    minutes: Annotated[
        float | None, typer.Option(min=0.01, help="Time to train; 40, fine-tuning 5.", show_default=False)
    ] = None,
    resume: Resume = False,
    batch: Batch = 32,
    learning_rate: Annotated[
        float | None, typer.Option(min=1e-6, help="Peak learning rate; 2e-3, fine-tuning 3e-4.", show_default=False)
    ] = None,
    threads: Threads = 1,
    init: Init = None,
    keep: Annotated[
        float | None,
        typer.Option(
            min=0, help="Fine-tuning: weight of staying as --init is in all that has no label; 3.", show_default=False
        ),
    ] = None,
    mined: Mined = None,
    teacher: Annotated[
        Path | None,
        typer.Option(help="Folder of models whose landmarker teaches this one.", exists=True, file_okay=False),
    ] = None,
    heads: Heads = None,
    labels: Annotated[
        Path | None,
        typer.Option(
            help="Folder of `train label`: trains 70 points, what is covered and expression.",
            exists=True,
            file_okay=False,
        ),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Threads that make batches.")] = 1,
    bfloat16: Bfloat16 = False,
    seed: Seed = 0,
    epoch_steps: Annotated[
        int | None, typer.Option(min=1, help="Steps between checkpoints; 1000, fine-tuning 100.", show_default=False)
    ] = None,
) -> None:
    """Train the landmarker on labelled faces; with --init and a CSV of your own labels, fine-tune it."""
    if missing := [str(path) for path in data if not path.exists()]:
        raise DataError(f"--data {missing[0]} does not exist: name a CSV of named points or the folder of a data pack")
    start = _weights(init, "landmarks")
    fine_tuning = start is not None and any(path.is_file() for path in data)
    if fine_tuning and (teacher is not None or heads):
        raise DataError("--teacher and --heads are for training on data packs: drop them, or the CSV or --init")
    if not fine_tuning and keep is not None:
        raise DataError("--keep is for fine-tuning: it needs a CSV of named points in --data, and --init")
    if labels is not None and (fine_tuning or teacher is not None):
        raise DataError("--labels is for training 70 points on data packs: drop --teacher and CSVs in --data")
    prepare(threads, bfloat16)
    from train.engine.loop import FitConfig

    if labels is not None:
        from train.landmarks.dense_run import train_dense_landmarks

        config = FitConfig(out, minutes or 40, epoch_steps or 1000, learning_rate or 1.5e-3, resume=resume)
        train_dense_landmarks(_packs(data), labels, config, batch=batch, init=start, mined=mined or (),
                              heads=heads or (), workers=workers, seed=seed)  # fmt: skip
        return
    from train.finetuning.run import finetune_landmarks, summary
    from train.landmarks.run import train_landmarks

    if start is not None and fine_tuning:
        config = FitConfig(out, minutes or 5, epoch_steps or 100, learning_rate or 3e-4, resume=resume)
        scores = finetune_landmarks(_packs(data), config, start, batch=batch, mined=mined or (), seed=seed,
                                    keep=3.0 if keep is None else keep)  # fmt: skip
        typer.echo(summary(scores))
    else:
        config = FitConfig(out, minutes or 40, epoch_steps or 1000, learning_rate or 2e-3, resume=resume)
        train_landmarks(_packs(data), config, batch=batch, init=start, mined=mined or (), teacher=teacher,
                        heads=heads or (), seed=seed)  # fmt: skip


@app.command()
def detector(
    data: Data,
    out: Out = Path("runs/detector"),
    minutes: Minutes = 60,
    resume: Resume = False,
    batch: Batch = 24,
    canvas: Annotated[int, typer.Option(min=96, help="Side of a training canvas, px.")] = 192,
    natural: Annotated[
        float, typer.Option(min=0, max=1, help="Share of canvases that show a scene as pictures do, hardly changed.")
    ] = 0.0,
    heads: Heads = None,
    learning_rate: Rate = 2e-3,
    threads: Threads = 1,
    init: Init = None,
    mined: Mined = None,
    bfloat16: Bfloat16 = False,
    seed: Seed = 0,
    epoch_steps: EpochSteps = 1000,
) -> None:
    """Train the face detector on packs of boxed faces, labelled faces and backgrounds."""
    start = _weights(init, "detector")
    prepare(threads, bfloat16)
    from train.detector.run import train_detector
    from train.engine.loop import FitConfig

    config = FitConfig(out, minutes, epoch_steps, learning_rate, resume=resume)
    train_detector(_packs(data), config, batch=batch, canvas_px=canvas, init=start, mined=mined or (),
                   natural_share=natural, heads=heads or (), seed=seed)  # fmt: skip


@app.command()
def turn(
    data: Data,
    mediapipe: MediaPipe,
    out: Out = Path("runs/turned"),
    labels: Annotated[
        Path | None,
        typer.Option(help="Folder of `train label`: its 70 points go with the heads.", exists=True, file_okay=False),
    ] = None,
    most: Annotated[int | None, typer.Option(min=1, help="Heads to make; all.", show_default=False)] = None,
    seed: Seed = 0,
) -> None:
    """Turn and bend the heads of labelled faces, and cut them out, for --heads of the trainings."""
    prepare(1, bfloat16=False)
    from train.data.formats.teacher_labels import read_teacher_labels
    from train.data.packs import read_faces
    from train.synthesis.rotate_heads import turn_heads

    packs = _packs(data)
    taught = [] if labels is None else read_teacher_labels(labels, packs)
    samples = read_faces(packs) if labels is None else [one for pack in taught for one in pack.usable()]
    made = turn_heads(samples, mediapipe, out, most, seed)
    typer.echo(f"{out}: {made['heads']} heads of {made['faces']} faces")


@app.command()
def label(
    data: Data,
    mediapipe: Annotated[
        Path, typer.Option(help="Environment of `python -m benchmarks peers --setup-mediapipe`: one of the teachers.")
    ],
    task: Annotated[Path, typer.Option(help="MediaPipe's file face_landmarker.task.")],
    out: Annotated[Path, typer.Option(help="Receives a file a pack, for --labels of `landmarks` and `turn`.")] = Path(
        "runs/labels"
    ),
    models: Models = Path("models"),
    older: Annotated[
        Path | None,
        typer.Option(
            help="Folder of models whose landmarker is a second opinion; that of --models once more.",
            exists=True,
            file_okay=False,
            show_default=False,
        ),
    ] = None,
    cache: Annotated[
        Path | None,
        typer.Option(help="Keeps what teachers say of each pack, so that a run goes on.", show_default=False),
    ] = None,
) -> None:
    """Label 70 points and the expression of the faces of packs by teachers that agree: ours and MediaPipe.

    Needs the pack w300, whose 68 points people placed; packs without labelled faces are passed over.
    """
    import json

    from train.distillation.run import label_packs

    made = label_packs(
        _packs(data), mediapipe, task, out, models, older, cache, say=lambda line: typer.echo(line, err=True)
    )
    typer.echo(json.dumps(made, indent=1))


@app.command()
def points(out: Annotated[Path, typer.Option(help="The picture to write, .png.")] = Path("points.png")) -> None:
    """Draw where the named points lie, for people who label them."""
    from train.finetuning.point_chart import draw_points

    draw_points(out)


@app.command()
def evaluate(
    data: Annotated[Path, typer.Option(help="Folder of evaluation packs.", exists=True, file_okay=False)],
    out: Annotated[Path, typer.Option(help="Receives scores.json and pictures of the worst faces.")] = Path(
        "runs/evaluate"
    ),
    models: Models = Path("models"),
    store: Annotated[bool, typer.Option("--store", help="Write the scores into the manifests.")] = False,
) -> None:
    """Score the shipped ONNX models, through the runtime, on evaluation packs."""
    import json

    from train.evaluation.evaluate import evaluate as score

    typer.echo(json.dumps(score(data, out, models, write_back=store), indent=1))


@app.command()
def threshold(
    data: Data,
    models: Models = Path("models"),
    alarms: Annotated[float, typer.Option(min=0, help="False alarms an image to allow.")] = 0.3,
) -> None:
    """Choose the detector's score threshold on held-out scenes of the training packs; set it with `export --set`."""
    import json

    from smile_edge import FacePipeline
    from train.data.scenes import held_out_people
    from train.tuning.score_threshold import choose_threshold

    pipeline = FacePipeline(models, provider="cpu")
    typer.echo(json.dumps(choose_threshold(pipeline, held_out_people(_packs(data)), alarms)))


@app.command()
def gate(
    data: Data,
    models: Models = Path("models"),
    small: Annotated[float, typer.Option(min=1, help="Size of a small face in the detector's first look, px.")] = 36,
    loss: Annotated[float, typer.Option(min=0, help="Average precision that may be lost.")] = 0.002,
    scenes: Annotated[int, typer.Option(min=1, help="Held-out scenes, and training scenes up to this number.")] = 300,
) -> None:
    """Choose which signs of small faces get a closer look of the detector; set it with `export --set`."""
    import json

    from smile_edge import FacePipeline
    from train.tuning.tiling_threshold import choose_gate, gate_scenes

    pipeline = FacePipeline(models, provider="cpu")
    typer.echo(json.dumps(choose_gate(pipeline, gate_scenes(_packs(data), scenes), small, loss)))


@app.command()
def mine(
    data: Data,
    out: Annotated[Path, typer.Option(help="Receives the crops.")] = Path("runs/mined"),
    models: Models = Path("models"),
    views: Annotated[int, typer.Option(min=1, help="Times each scene is shown: as it is, then turned.")] = 4,
    seed: Seed = 0,
) -> None:
    """Cut out what the detector takes for faces, right and wrong, for `landmarks --mined` and `detector --mined`."""
    import json

    from smile_edge.detection.detector import FaceDetector
    from smile_edge.landmarks.landmarker import FaceLandmarker
    from smile_edge.runtime.model_loader import load_model
    from train.mining.hard_negatives import mine as cut

    detector = FaceDetector(*load_model("detector", models=models, provider="cpu", threads=1))
    landmarker = FaceLandmarker(*load_model("landmarks", models=models, provider="cpu", threads=1))
    typer.echo(json.dumps(cut(detector, landmarker, _packs(data), out, views, seed)))


@app.command()
def measures(
    data: Data,
    mediapipe: MediaPipe,
    out: Annotated[
        Path, typer.Option(help="The file to write, .npz; the runtime's is smile_edge/assets/measures.npz.")
    ],
    models: Models = Path("models"),
    cache: Annotated[
        Path | None, typer.Option(help="Keeps predictions and turned heads for the next run.", show_default=False)
    ] = None,
    seed: Seed = 0,
) -> None:
    """Fit the constants of pose, blink, mouth and smile to the points that the shipped models give labelled faces.

    Needs a pack with smile labels and one with points that people placed; packs without labels are backdrops.
    """
    import json

    from train.measures.run import fit_measures

    scores = fit_measures(
        _packs(data), mediapipe, out, models, cache, seed, say=lambda line: typer.echo(line, err=True)
    )
    typer.echo(json.dumps(scores, indent=1))


@app.command()
def smoke(
    out: Annotated[Path, typer.Option(help="Receives generated packs and both run folders.")] = Path("runs/smoke"),
    seconds: Annotated[float, typer.Option(min=1, help="Time to train each model.")] = 8,
) -> None:
    """Train both models for seconds on generated faces: proves that the machinery runs, not that it learns."""
    prepare(threads=2, bfloat16=False)
    from train.smoke import train_on_generated

    train_on_generated(out, seconds)


def main() -> None:
    """Entry point: what a user can cure is one line and exit code 2."""
    run_app(app, "train", "train")


if __name__ == "__main__":
    main()
