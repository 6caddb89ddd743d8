"""The commands put together.

Exit codes: 0 done (a stream ended with Ctrl-C is done), 1 some images of a batch, or some of several sources, failed
(`doctor`: something is broken), 2 a user error, told in one line on standard error, 130 interrupted before the first
frame, or in the middle of a batch.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Annotated, Any

import typer

import smile_edge
from smile_edge.cli.bench import bench_command
from smile_edge.cli.doctor import doctor_command
from smile_edge.cli.image.cluster.option import BatchCommand
from smile_edge.cli.image.command import batch_command
from smile_edge.cli.info import info_command
from smile_edge.cli.options.completion import completion_command, get_ready_to_complete
from smile_edge.cli.options.help_page import PageCommand, PageGroup
from smile_edge.cli.options.misuse import add_nearest_command
from smile_edge.cli.options.smoothing import SmoothCommand
from smile_edge.cli.run_app import exit_code
from smile_edge.cli.serve.command import serve_command
from smile_edge.cli.webcam.command import webcam_command

__all__ = ["app", "main"]


class _Group(PageGroup):
    """Several commands; a wrong one is answered with the one that was meant."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        try:
            return super().resolve_command(ctx, args)
        except Exception as error:
            if hasattr(error, "message"):
                add_nearest_command(error, self, ctx, args)
            raise


class _OneLineErrors(_Group):
    """Turns every deliberate error, and every misuse that Typer finds, into one line and exit code 2."""

    def make_context(self, *args: Any, **kwargs: Any) -> Any:
        with _left_by_its_reader():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: Any) -> Any:
        with _left_by_its_reader():
            return super().invoke(ctx)

    def main(self, *args: Any, **kwargs: Any) -> Any:
        kwargs.update(standalone_mode=False, prog_name="smile-edge")
        sys.exit(exit_code(partial(super().main, *args, **kwargs), "smile-edge", cure="check it and try again"))


@contextmanager
def _left_by_its_reader() -> Iterator[None]:
    """The reader of standard output has what it wanted (`| head`): that is no failure, as Click takes it for."""
    try:
        yield
    except BrokenPipeError:
        raise typer.Exit(0) from None


app = typer.Typer(
    cls=_OneLineErrors,
    help="Face landmarks (brows, eyes, nose, mouth) of every face, at any head orientation.",
    rich_markup_mode=None,  # importing rich would double the start-up time
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
_images = typer.Typer(cls=_Group, help="Work on image files.", rich_markup_mode=None)


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
) -> None:
    if version:
        typer.echo(f"smile-edge {smile_edge.__version__}")
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())


@_images.callback(invoke_without_command=True)
def _image_root(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


app.command("webcam", cls=SmoothCommand)(webcam_command)
app.command("serve", cls=SmoothCommand)(serve_command)
app.add_typer(_images, name="image")
_images.command("batch", cls=BatchCommand)(batch_command)
app.command("info", cls=PageCommand)(info_command)
app.command("bench", cls=PageCommand)(bench_command)
app.command("doctor", cls=PageCommand)(doctor_command)
app.command("completion", cls=PageCommand)(completion_command)


def main() -> None:
    """Entry point of the `smile-edge` script."""
    get_ready_to_complete()
    app()
