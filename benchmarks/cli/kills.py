"""`python -m benchmarks kills`: a batch that is killed over and over."""

import random
import tempfile
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["kills"]

_MOST_BYTES = 300_000_000
"""Memory that the command's own process may take."""


def kills(
    images: Annotated[int, typer.Option(min=1, help="Pictures of 64 px, names of a few files.")] = 100_000,
    times: Annotated[int, typer.Option("--kills", min=0, help="SIGKILLs at random moments.")] = 50,
    longest: Annotated[float, typer.Option(min=0.0, metavar="SECONDS", help="Longest time before a kill.")] = 30.0,
    part: Annotated[int, typer.Option(min=1, help="Images of a Parquet part.")] = 500,
    seed: Annotated[int | None, typer.Option(help="Gives the same moments again; default: others each time.")] = None,
) -> None:
    """`image batch` killed over and over, and going on: no row lost or doubled, less than 300 MB.

    Needs Linux. The exit code is 1 where that does not hold.
    """
    from benchmarks.kills.run import kill_run

    seed = random.randrange(2**32) if seed is None else seed
    typer.echo(f"seed {seed}")
    with tempfile.TemporaryDirectory(prefix="smile-edge-kills-") as folder:
        done = kill_run(
            Path(folder),
            images,
            times,
            longest_s=longest,
            part=part,
            seed=seed,
            tell=lambda text: typer.echo(text, err=True),
        )
    for wrong in done.wrong:
        typer.echo(wrong)
    typer.echo(
        f"{images} images, {done.kills} kills, {done.seconds:.0f} s: {len(done.wrong)} outputs wrong, "
        f"{done.peak_bytes / 1e6:.0f} MB at most"
    )
    if done.wrong or done.peak_bytes > _MOST_BYTES:
        raise typer.Exit(1)
