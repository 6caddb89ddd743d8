"""The command `compare`, and what brings it networks and images: `import` and `kaggle-like`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from train.engine.keras_setup import prepare
from train.errors import DataError

__all__ = ["compare_app"]

compare_app = typer.Typer()

DEFAULT_NETWORKS = ["ours", "smile", "smile:relu", "smile:head=relu"]

KaggleData = Annotated[
    Path,
    typer.Option(
        help="training.csv, or a folder with it or with face_images.npz and facial_keypoints.csv.", exists=True
    ),
]


@compare_app.command()
def compare(
    data: KaggleData,
    network: Annotated[
        list[str] | None,
        typer.Option(help="ours, smile, vgg19; with options: vgg19:cut=block3_pool,freeze=block2. Repeat."),
    ] = None,
    loss: Annotated[list[str] | None, typer.Option(help="mse, huber, wing, laplace [default: mse]. Repeat.")] = None,
    augment: Annotated[
        list[str] | None,
        typer.Option(help="rotation, shift, light joined by +, or none [default: rotation+shift]. Repeat."),
    ] = None,
    minutes: Annotated[float, typer.Option(min=0.01, help="Time to train each network.")] = 3,
    clock: Annotated[
        Literal["wall", "processor"],
        typer.Option(help="Whose minutes: the wall's, or the processor's where other programs run too (not on a GPU)."),
    ] = "wall",
    out: Annotated[Path, typer.Option(help="Receives the report and a run folder a network.")] = Path("runs/compare"),
    points: Annotated[int, typer.Option(help="15, or 4: both eyes, nose tip, lower lip.")] = 15,
    batch: Annotated[int, typer.Option(min=2, help="Images a step.")] = 32,
    seed: Annotated[int, typer.Option(help="Seed of weights and batches.")] = 0,
    threads: Annotated[int, typer.Option(min=1, help="Cores the networks may use.")] = 1,
    resume: Annotated[bool, typer.Option("--resume", help="Keep finished networks of --out.")] = False,
    tensorboard: Annotated[bool, typer.Option("--tensorboard", help="Also log to OUT/*/tensorboard.")] = False,
) -> None:
    """Train several networks on the same data for the same time; table, picture, Markdown and JSON."""
    prepare(threads)
    from train.compare import Schedule, answers, parse_entries, reasons, table, write_report
    from train.compare import compare as run
    from train.data.formats.kaggle import read_kaggle

    entries = parse_entries(network or DEFAULT_NETWORKS, loss or ["mse"], augment or ["rotation+shift"])
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"--out {out} cannot be made ({error}): name another folder") from None
    typer.echo(f"reading {data} (kept in {out / 'cache'} for the next time)", err=True)
    images = read_kaggle(data, points, out / "cache")
    schedule = Schedule(minutes, clock, batch, seed, resume, tensorboard)
    results = run(images, entries, out, schedule, lambda line: typer.echo(line, err=True))
    write_report(results, out)
    rows = table(results)
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for first, *others in rows:
        cells = [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        typer.echo("  ".join([first.ljust(widths[0]), *cells]))
    for line in [*reasons(results), *answers(results)]:
        typer.echo(line)
    typer.echo(f"{out / 'compare.md'}, compare.json and compare.png hold the rest")


@compare_app.command("import")
def import_network(
    network: Annotated[Path, typer.Argument(help="A .keras or .h5 file; .h5 of TensorFlow 2.0 as well.")],
    out: Annotated[Path, typer.Option(help="Where to, as .keras or .h5.")],
) -> None:
    """Convert a network between .keras and .h5, and list its layers."""
    prepare(1)
    from train.networks.serialization import load_network, save_network

    model = load_network(network)
    save_network(model, out)
    for layer in model.layers:
        shape = getattr(layer, "output", None)
        shape = "" if shape is None or not hasattr(shape, "shape") else str(tuple(shape.shape))
        typer.echo(f"{layer.name:<24} {type(layer).__name__:<20} {shape:<24} {layer.count_params():>12,}")
    typer.echo(f"{out}: {model.count_params():,} parameters")


@compare_app.command("kaggle-like")
def kaggle_like(
    data: Annotated[
        list[Path] | None,
        typer.Option(help="Folder of a labelled pack; repeat for several.", exists=True, file_okay=False),
    ] = None,
    drawn: Annotated[
        int, typer.Option(min=0, help="Drawn faces beside them: to try a comparison without any data.")
    ] = 0,
    out: Annotated[Path, typer.Option(help="Receives training.csv.")] = Path("runs/kaggle"),
    seed: Annotated[int, typer.Option(help="Seed of the small turns and shifts.")] = 0,
) -> None:
    """Write faces of other packs, or drawn ones, in the format of Kaggle's Facial Keypoints Detection."""
    import tempfile

    from train.compare.kaggle_like import write_kaggle_like
    from train.data.packs import read_faces
    from train.synthesis.cartoon_faces import write_packs

    if not data and not drawn:
        raise DataError("no faces: name a pack with --data, or how many faces to draw with --drawn")
    with tempfile.TemporaryDirectory() as folder:
        packs = [*(data or ()), *([write_packs(Path(folder), drawn, seed)[1]] if drawn else ())]
        with typer.progressbar(read_faces(packs), label="faces") as samples:
            rows = write_kaggle_like(samples, out, seed)
    typer.echo(f"{out / 'training.csv'}: {rows} faces")
