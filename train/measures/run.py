"""`python -m train measures`: training packs in, the constants of the runtime's measures out."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from train.data.formats.kind import PackKind, of_kind
from train.data.formats.mtfl import read_smiles
from train.data.kept import write_arrays
from train.data.packs import read_faces
from train.data.samples import HUMAN_PACKS, held_out
from train.errors import DataError
from train.external.mediapipe_env import mediapipe_python
from train.measures.eye_readout import eye_constants, held_out_openness
from train.measures.five_readout import five_constants, held_out_five
from train.measures.levels import eye_levels, eye_states, mouth_levels
from train.measures.pose.rotations import angle_between
from train.measures.pose.structure_from_motion import learn_face
from train.measures.pose.student import pose_constants, train_student
from train.measures.pose.teacher import held_out_errors, train_teacher
from train.measures.pose.truth import known_poses, mean_face
from train.measures.pose.turned_heads import TurnedHeads, turn_and_predict
from train.measures.pose.weak_perspective import FaceModel, normalised
from train.measures.predictions import LabelledFaces, ShippedModels, predict
from train.measures.readout import Constants, blink, mouth_gap, read_poses
from train.measures.smile_regression import area_under_curve, held_out_logits, smile_constants

__all__ = ["fit_measures", "fit_to", "smile_labels"]

PORTRAITS, MOST_PORTRAITS = frozenset({"aaf"}), 2500
"""Packs of people who look ahead, by name: the zero of pitch is held against them, and of each only so many faces say
what a 3-D face is, since they show no depth."""
_HELD_OUT_SHARE = 0.2
"""Of the people, for the scores of pose."""

Smiles = dict[tuple[str, str], bool]
"""Whether a face smiles, by the name of its pack and the image's path in it."""
Say = Callable[[str], None]
"""Takes a line on how far the work is."""


def fit_measures(
    folders: Sequence[Path],
    mediapipe: Path,
    out: Path,
    models: Path,
    cache: Path | None = None,
    seed: int = 0,
    say: Say = lambda line: None,
) -> dict[str, Any]:
    """Fits every constant of the measures to the points that the shipped models give the faces of training packs.

    Args:
        folders: data packs: one with smile labels, one with points that people placed, and any others.
        mediapipe: environment that has MediaPipe (`train.external.mediapipe_env`), whose face mesh gives depth.
        out: receives the constants, `.npz`.
        models: folder of models.
        cache: keeps predictions and turned heads for the next run; None keeps nothing.
        seed: of chance.
        say: is told how far the work is.

    Returns:
        Scores on faces that were held out.

    Raises:
        DataError: a pack, a label or MediaPipe is missing.
    """
    if out.suffix != ".npz":
        raise DataError(f"--out {out}: expected a file that ends in .npz")
    samples = read_faces(folders)
    smiles = smile_labels(folders)
    marked = [sample for sample in samples if sample.pack in HUMAN_PACKS and sample.targets[:49, 2].all()]
    if not marked:
        raise DataError(
            f"no faces in --data whose points people placed: add a pack named {' or '.join(sorted(HUMAN_PACKS))} "
            "with 49 or 68 points a face"
        )
    python = mediapipe_python(mediapipe)
    cv2.setNumThreads(1)
    shipped = ShippedModels(models)
    say(f"the landmarker's points of {len(samples)} faces")
    faces = predict(folders, shipped, cache)
    say(f"turned heads of {len(marked)} faces")
    heads = turn_and_predict(marked, folders, python, shipped, cache, seed)
    groups = [marked[index].group for index in heads.face]
    constants, scores = fit_to(faces, heads, groups, smiles, seed, say)
    write_arrays(out, constants)
    return scores


def fit_to(
    faces: LabelledFaces,
    heads: TurnedHeads,
    head_groups: Sequence[str],
    smiles: Smiles,
    seed: int = 0,
    say: Say = lambda line: None,
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """The constants and their scores on faces held out.

    Args:
        faces: of all packs.
        heads: turned.
        head_groups: whose head each is.
        smiles: the labels there are.
        seed: of chance.
        say: is told how far the work is.
    """
    say("the 3-D face")
    model = _face_model(faces, heads, seed)
    say("pose")
    pose, pose_scores = _fit_pose(faces, heads, head_groups, model, seed)
    say("blink, mouth and smile")
    eyes, eye_scores = _fit_eyes(pose, faces, model, seed)
    smile, smile_scores = _fit_smile(faces, smiles, seed)
    marked = faces.of_five()
    five = five_constants(marked)
    scores = {"faces": len(faces), "turned heads": len(heads), "five points": held_out_five(marked, seed)}
    return pose | eyes | smile | five, scores | {"pose": pose_scores, "blink": eye_scores, "smile": smile_scores}


def smile_labels(folders: Sequence[Path]) -> Smiles:
    """Whether each face of the packs in MTFL format smiles.

    Raises:
        DataError: no face has such a label, or all have the same.
    """
    packs = of_kind(folders, PackKind.MTFL)
    smiles = {(pack.name, name): smile for pack in packs for name, smile in read_smiles(pack).items()}
    if len(set(smiles.values())) < 2:
        raise DataError(
            "no smile labels in --data: add an MTFL pack whose training.txt has the columns gender, smile, glasses, "
            "pose after the points"
        )
    return smiles


def _face_model(faces: LabelledFaces, heads: TurnedHeads, seed: int) -> FaceModel:
    """The 3-D face, learnt from all faces but most of the portraits."""
    rng = np.random.default_rng(seed)
    rows = []
    for pack in dict.fromkeys(faces.packs.tolist()):
        own = np.flatnonzero(faces.packs == pack)
        rows.append(rng.permutation(own)[:MOST_PORTRAITS] if pack in PORTRAITS else own)
    shown = faces.rows(np.concatenate(rows))
    seen = normalised(shown.points)
    return learn_face(seen.points, shown.sigma / seen.radius[:, None], mean_face(heads), seed=seed)


def _fit_pose(
    faces: LabelledFaces, heads: TurnedHeads, head_groups: Sequence[str], model: FaceModel, seed: int
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    truth = known_poses(model, faces, heads, head_groups)
    portraits = faces.of(*PORTRAITS)
    portraits = portraits if len(portraits) else faces
    ahead = portraits.points, portraits.sigma
    held = np.array([held_out(group, _HELD_OUT_SHARE) for group in truth.groups])
    errors = held_out_errors(model, truth, ahead, held, seed) if held.any() and not held.all() else {}
    teacher = train_teacher(model, truth, ahead, seed=seed)
    points = np.concatenate([faces.points, heads.points])
    sigma = np.concatenate([faces.sigma, heads.sigma])
    student = train_student(teacher, points, sigma, seed)
    apart = angle_between(student.rotations(points), teacher.poses(points, sigma).rotation)
    scores = {"degrees on people held out": errors, "degrees from the teacher": float(apart.mean())}
    return pose_constants(student, model), scores


def _fit_eyes(
    pose: Constants, faces: LabelledFaces, model: FaceModel, seed: int
) -> tuple[dict[str, np.ndarray], dict[str, float]]:
    marked = faces.of(*HUMAN_PACKS).dense()
    constants = dict(pose) | eye_constants(marked, model)
    poses = read_poses(constants, marked.points)
    found = held_out_openness(constants, marked, poses, seed)
    states = eye_states(constants, marked, poses, found)
    constants |= eye_levels(found, states)
    constants |= mouth_levels(marked, poses, mouth_gap(faces.points, read_poses(constants, faces.points)))
    shut = blink(constants, found)
    seen = states.seen
    scores = {
        "correlation of openness": float(np.corrcoef(found[seen], states.openness[seen])[0, 1]),
        "area under curve, shut against others": area_under_curve(shut[seen], states.shut[seen]),
        "mean of open eyes": float(shut[states.open].mean()),
        "mean of half shut eyes": float(shut[states.half].mean()),
        "mean of shut eyes": float(shut[states.shut].mean()),
    }
    return {name: constants[name] for name in constants if name not in pose}, scores


def _fit_smile(faces: LabelledFaces, smiles: Smiles, seed: int) -> tuple[dict[str, np.ndarray], dict[str, float]]:
    keys = list(zip(faces.packs.tolist(), faces.names.tolist(), strict=True))
    known = faces.rows(np.array([key in smiles for key in keys]))
    labels = np.array([smiles[key] for key in keys if key in smiles])
    held = held_out_logits(known.points, labels, known.groups, seed)
    scores = {
        "area under curve": area_under_curve(held.logits, labels),
        "accuracy at the labels' half": held.accuracy(0.0),
        "accuracy at the middle of the classes": held.accuracy(held.middle),
    }
    return smile_constants(known.points, labels, held), scores
