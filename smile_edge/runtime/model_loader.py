"""The shipped models by name: each checked against its manifest, in the precision that is best here."""

from dataclasses import replace
from pathlib import Path

from smile_edge.runtime.manifest import ModelManifest, find_models
from smile_edge.runtime.precision import check_precision, choose_int8
from smile_edge.runtime.session import OnnxSession

__all__ = ["load_model"]


def load_model(
    name: str,
    *,
    models: str | Path | None = None,
    provider: str = "auto",
    threads: int = 1,
    precision: str = "float32",
) -> tuple[ModelManifest, OnnxSession]:
    """A shipped model by name (`detector`, `landmarks`), checked against its manifest.

    Args:
        name: of the model.
        models: their folder; None looks in the usual places (`manifest.find_models`).
        provider, threads: as for `OnnxSession`.
        precision: `float32`, `int8`, or `auto`: int8 where it is there, faster on this processor and as good.

    Returns:
        The manifest of the float32 model, which speaks for both, and the session.

    Raises:
        UsageError: an unknown provider or precision.
        ModelError: the folder, the manifest or the model is missing, or `int8` was asked for and is not to be had.
        ManifestMismatchError: hash, names or shapes differ from the manifest.
        ProviderError: the provider that was named was not obtained.
    """
    check_precision(precision)
    folder = find_models(models)
    manifest = ModelManifest.load(folder / f"{name}.json")
    manifest.verify(folder / manifest.file)
    session = OnnxSession(folder / manifest.file, provider=provider, threads=threads)
    manifest.check_signature(session.inputs, session.outputs)
    if precision == "float32":
        return manifest, session
    return manifest, _in_precision(precision, folder, manifest, session, threads)


def _in_precision(
    wanted: str, folder: Path, manifest: ModelManifest, session: OnnxSession, threads: int
) -> OnnxSession:
    """The session of the model that is to run; its report says why."""
    report = session.report
    quantised, reason = choose_int8(
        wanted,
        folder,
        manifest,
        session,
        lambda path: OnnxSession(path, provider="cpu", threads=threads),
        obtained=report.obtained,
    )
    if quantised is None:
        session.report = replace(report, precision_reason=reason)
        return session
    quantised.report = replace(
        quantised.report, wanted=report.wanted, reason=report.reason, precision="int8", precision_reason=reason
    )
    return quantised
