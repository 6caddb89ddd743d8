"""Every error that smile-edge raises on purpose.

    SmileEdgeError                  base: one line saying what was wrong, what was expected and the cure
    ├── SourceError                 a camera, video, image or folder cannot be opened or read
    ├── SinkError                   an output cannot be written, or there is no display
    ├── ImageError                  one image cannot be decoded
    ├── ModelError                  a model or its manifest is missing
    │   └── ManifestMismatchError   the manifest and the model disagree
    ├── RecordError                 a file of records cannot be read, or holds something else
    ├── WorkerError             worker processes cannot be started
    ├── ProviderError               the execution provider that was asked for was not obtained
    └── UsageError                  an argument has a value that cannot be used

The command line turns each of them into one line on standard error and exit code 2.
"""

__all__ = [
    "ImageError",
    "ManifestMismatchError",
    "ModelError",
    "ProviderError",
    "RecordError",
    "SinkError",
    "SmileEdgeError",
    "SourceError",
    "UsageError",
    "WorkerError",
    "one_line",
]


class SmileEdgeError(Exception):
    """Base of every deliberate error; its text is one line that a user can act on."""


class SourceError(SmileEdgeError):
    """A camera, video, image or folder cannot be opened or read."""


class SinkError(SmileEdgeError):
    """An output cannot be written, or a window was asked for where there is no display."""


class ImageError(SmileEdgeError):
    """One image cannot be decoded."""


class ModelError(SmileEdgeError):
    """A model file or its manifest is missing or unreadable."""


class ManifestMismatchError(ModelError):
    """The manifest does not describe the model file beside it."""


class ProviderError(SmileEdgeError):
    """The execution provider that was asked for was not obtained."""


class RecordError(SmileEdgeError):
    """A file of records cannot be read, or a record is of another schema."""


class WorkerError(SmileEdgeError):
    """Worker processes cannot be started, or do not get through their start."""


class UsageError(SmileEdgeError, ValueError):
    """An argument has a value that cannot be used."""


def one_line(error: BaseException) -> str:
    """What an error says, without line breaks; its kind where it says nothing."""
    return " ".join(str(error).split()) or type(error).__name__
