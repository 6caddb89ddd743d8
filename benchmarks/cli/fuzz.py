"""`python -m benchmarks fuzz`: damaged pictures, manifests and label files."""

import random
import tempfile
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["fuzz"]


def fuzz(
    pictures: Annotated[int, typer.Option(min=0, help="Damaged pictures of all formats.")] = 2000,
    manifests: Annotated[int, typer.Option(min=0, help="Damaged manifests.")] = 500,
    labels: Annotated[int, typer.Option(min=0, help="Damaged label files.")] = 500,
    seed: Annotated[int | None, typer.Option(help="Gives the same files again; default: another each time.")] = None,
    keep: Annotated[Path | None, typer.Option(metavar="DIR", help="Receives the files that did harm.")] = None,
) -> None:
    """Damaged files given to the real programs: no traceback, no signal, no more than 2 GB, no more than 30 s.

    Needs Linux or macOS. The exit code is 1 where a file did harm.
    """
    from benchmarks.fuzz.run import fuzz_labels, fuzz_manifests, fuzz_pictures

    seed = random.randrange(2**32) if seed is None else seed
    typer.echo(f"seed {seed}")
    folder = Path(tempfile.mkdtemp(prefix="smile-edge-fuzz-")) if keep is None else keep
    findings = []
    for name, run, count in (
        ("pictures", fuzz_pictures, pictures),
        ("manifests", fuzz_manifests, manifests),
        ("labels", fuzz_labels, labels),
    ):
        findings += run(count, seed, folder / name, lambda text: typer.echo(text, err=True))
    for finding in findings:
        typer.echo(f"{finding.case}: {finding.wrong}")
    typer.echo(f"{pictures} pictures, {manifests} manifests, {labels} label files: {len(findings)} did harm")
    if findings:
        raise typer.Exit(1)
