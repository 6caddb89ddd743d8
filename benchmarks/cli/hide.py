"""The command of the faces that stay uncovered; `benchmarks.__main__` adds it to its own."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["add_commands"]


def add_commands(app: typer.Typer) -> None:
    """Adds `hide`."""
    app.command()(hide)


def hide(
    data: Annotated[Path, typer.Option(help="Pack of scenes with wider_face_bbx_gt.txt, every face boxed.")],
    peers: Annotated[
        Path | None, typer.Option(help="Other systems' predictions: PEERS/<pack>/yunet.jsonl is used, upright.")
    ] = None,
    yunet: Annotated[Path | None, typer.Option(help="YuNet ONNX file of the OpenCV model zoo, for every turn.")] = None,
    clips: Annotated[Path | None, typer.Option(help="Folder of videos.")] = None,
    min_score: Annotated[
        float | None, typer.Option(help="Score from which a head is hidden; default: what ships.")
    ] = None,
    held_out: Annotated[
        bool,
        typer.Option("--held-out", help="Only scenes that training held out: to choose a score on a training pack."),
    ] = False,
    out: Annotated[Path, typer.Option(help="Receives hide.json and hide.md.")] = Path("benchmarks/results"),
    limit: Annotated[int | None, typer.Option(min=1, help="At most this many scenes.")] = None,
) -> None:
    """Faces that `--hide` leaves uncovered, upright and turned, and what it covers in vain."""
    from benchmarks.accuracy.hiding.report import tables, write_hiding
    from benchmarks.accuracy.hiding.suite import measure_hiding
    from benchmarks.reporting.environment import command_line
    from smile_edge.pipeline.head_finder import HIDE_MIN_SCORE

    shown = None if min_score is None else str(min_score)
    score = HIDE_MIN_SCORE if min_score is None else min_score
    options = {"data": data, "peers": peers, "yunet": yunet, "clips": clips, "limit": limit}
    out.mkdir(parents=True, exist_ok=True)
    found = measure_hiding(data, peers=peers, yunet=yunet, clips=clips, min_score=score, held_out=held_out, limit=limit)
    results = {"command": command_line("hide", options | {"min-score": shown, "held-out": held_out}), **found}
    write_hiding(results, out)
    typer.echo(tables(results))
