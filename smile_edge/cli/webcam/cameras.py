"""`--list`: the cameras of this machine."""

import typer

from smile_edge.cli.standard_streams import say

__all__ = ["print_cameras"]


def print_cameras() -> None:
    """A line a camera on standard output: number, name, device file, lasting link."""
    from smile_edge.sources.camera_list import list_cameras

    cameras = list_cameras()
    for camera in cameras:
        columns = (camera.number, camera.name, camera.path, camera.lasting_path)
        typer.echo("  ".join(str(column) for column in columns if column not in (None, "")))
    if not cameras:
        say("no camera found: plug one in, or use a video file or 'demo' as the source")
        raise typer.Exit(1)
