"""Which face is which from frame to frame: the next crop comes from the last points, ids stay, the detector rests.

The tracker calls no model and reads no clock. For each frame the pipeline asks it where to look (`predict`), tells it
what the landmarker saw there (`update`), asks whether to detect (`detection_due`), and if so hands it the detections
(`unmatched`) and what the landmarker made of the new ones (`start_tracks`).
"""

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from smile_edge.geometry.face_roi import roi_distance, roi_distances
from smile_edge.geometry.scalar import FaceRoi, face_rois
from smile_edge.landmarks.result import LandmarkBatch
from smile_edge.records import Detection
from smile_edge.topology import TOPOLOGY_49, Topology
from smile_edge.types import FloatArray
from smile_edge.validation import check_counts

__all__ = ["FaceTracker", "Track", "TrackerSettings"]


_SMALLEST_PX = 3.0


@dataclass(frozen=True, slots=True)
class TrackerSettings:
    """When a track lives; distances are in face sizes (`geometry.face_roi`), probabilities the landmarker's."""

    max_faces: int | None = None
    """Tracks at a time; None is no limit. Once all are taken the detector rests altogether."""
    detect_every: int = 10
    """Frames between two looks for new faces while nothing is missing."""
    admit_probability: float = 0.8
    """A detection, or a missing face looked for in its old place, needs this much."""
    keep_probability: float = 0.4
    """Below this a tracked face is missing."""
    memory_s: float = 1.0
    """A missing face that comes back within this time gets its id back."""
    reach: float = 1.5
    """How far from its old place a missing face is still taken for the same one."""
    merge_distance: float = 0.7
    """A detection nearer than this to a tracked face is that face."""
    converge_distance: float = 0.4
    """Two tracks nearer than this look at one face."""

    def __post_init__(self) -> None:
        check_counts(max_faces=self.max_faces, detect_every=self.detect_every)


@dataclass(slots=True, eq=False)
class Track:
    """One face along a stream."""

    id: int
    points: FloatArray
    """`(n, 2)` px, the points of the model's topology, unsmoothed, where the face was last seen."""
    sigma: FloatArray
    """`(n,)` px."""
    five: FloatArray
    """The five detector points `(5, 2)` px of `points`."""
    place: FaceRoi
    """Where `five` says the face is."""
    probability: float
    seen_s: float
    """`Frame.time_s` when the face was last seen."""
    visible: bool = True
    """Seen in the latest frame."""
    moved: float = 0.0
    """Face sizes between the start of the latest crop and what was found in it."""
    uncovered: FloatArray | None = None
    """`(n,)` probability that nothing covers each point; None from a model that does not give it."""
    expression: FloatArray | None = None
    """`(51,)` coefficients of the expression; None from a model that does not give them."""


class FaceTracker:
    """Keeps the tracks of one stream."""

    def __init__(
        self,
        settings: TrackerSettings | None = None,
        topology: Topology = TOPOLOGY_49,
        wanted: Callable[[FaceRoi], bool] | None = None,
    ) -> None:
        """Nothing is tracked yet.

        Args:
            settings: when a track lives.
            topology: the points that the landmark model gives.
            wanted: whether a face in that place is to be tracked; None is everywhere.
        """
        self.settings, self.topology, self._wanted = settings or TrackerSettings(), topology, wanted
        self.reset()

    def reset(self) -> None:
        """Forgets every face; ids start again from 0."""
        self._next_id = 0
        self.forget()

    def forget(self) -> None:
        """Forgets every face; the next ones get numbers that none had before."""
        self._tracks: list[Track] = []
        self._frames_since_detection = 0

    @property
    def tracks(self) -> list[Track]:
        """The faces seen in the latest frame, oldest first."""
        return [track for track in self._tracks if track.visible]

    @property
    def known(self) -> list[Track]:
        """All tracks, those of missing faces included, oldest first."""
        return list(self._tracks)

    def predict(self, time_s: float) -> list[FloatArray]:
        """Five points `(5, 2)` px to cut each crop from: every track's last place, missing ones included.

        A face behind a hand usually reappears where it was, often before the detector knows it again.
        """
        self._tracks = [track for track in self._tracks if time_s - track.seen_s <= self.settings.memory_s]
        return [track.five for track in self._tracks]

    def update(self, batch: LandmarkBatch, time_s: float, width: int, height: int) -> None:
        """Takes what the landmarker saw at `predict`, in that order; `width` and `height` are the frame's, px."""
        self._frames_since_detection += 1
        five = self.topology.five_points(batch.points)  # (k, 5, 2)
        rows = zip(self._tracks, face_rois(five), batch.presence.tolist(), strict=True)
        for row, (track, place, probability) in enumerate(rows):
            needed = self.settings.keep_probability if track.visible else self.settings.admit_probability
            track.probability = probability
            track.visible = probability >= needed and self._takes(place, width, height)
            if track.visible:
                track.moved = roi_distance(track.place, place)
                _see(track, batch, row, five[row], place, time_s)
        self._part_converged()
        self._trim()

    def detection_due(self) -> bool:
        """Whether this frame wants the detector: nobody is tracked, somebody is missing, or it is time again."""
        visible = len(self.tracks)
        if self.settings.max_faces is not None and visible >= self.settings.max_faces:
            return False
        return visible < max(len(self._tracks), 1) or self._frames_since_detection >= self.settings.detect_every

    def unmatched(self, detections: Sequence[Detection]) -> list[Detection]:
        """The detections that no tracked face explains, best first."""
        self._frames_since_detection = 0
        if not detections:
            return []
        found = face_rois(np.array([one.points for one in detections]))
        known = roi_distances(found, [track.place for track in self.tracks])
        claimed = np.asarray((known < self.settings.merge_distance).any(1))  # (n,)
        free = [one for one, taken in zip(detections, claimed.tolist(), strict=True) if not taken]
        return sorted(free, key=lambda detection: -detection.score)

    def start_tracks(self, batch: LandmarkBatch, time_s: float, width: int, height: int) -> None:
        """Starts tracks on what the landmarker made of `unmatched`, in that order, or gives missing faces back."""
        five = self.topology.five_points(batch.points)  # (k, 5, 2)
        for row, (place, probability) in enumerate(zip(face_rois(five), batch.presence.tolist(), strict=True)):
            if probability < self.settings.admit_probability or not self._takes(place, width, height):
                continue
            if any(roi_distance(place, track.place) < self.settings.merge_distance for track in self.tracks):
                continue  # the landmarker slid from the detection onto a face that is tracked already
            track = self._missing_near(place)
            if track is None:
                track = Track(self._next_id, batch.points[row], batch.sigma[row], five[row], place, probability, time_s)
                self._next_id += 1
                self._tracks.append(track)
            track.probability, track.visible, track.moved = probability, True, 0.0
            _see(track, batch, row, five[row], place, time_s)
        self._trim()

    def _takes(self, place: FaceRoi, width: int, height: int) -> bool:
        return _inside(place, width, height) and (self._wanted is None or self._wanted(place))

    def _missing_near(self, place: FaceRoi) -> Track | None:
        """The missing face nearest to `place` within reach and of a like size."""
        near = [
            (roi_distance(place, track.place), track)
            for track in self._tracks
            if not track.visible and place.size / 2 < track.place.size < 2 * place.size
        ]
        distance, nearest = min(near, key=lambda pair: pair[0], default=(math.inf, None))
        return nearest if distance <= self.settings.reach else None

    def _part_converged(self) -> None:
        """Of two tracks on one face the one that jumped there loses it; the younger where both stood still."""
        for older, younger in itertools.combinations(self.tracks, 2):
            close = roi_distance(older.place, younger.place) < self.settings.converge_distance
            if close and older.visible and younger.visible:
                loser = older if older.moved > younger.moved + 0.1 else younger
                loser.visible = False

    def _trim(self) -> None:
        """Holds `max_faces`: the longest tracked stay, and of those that came together the best (they came sorted)."""
        if self.settings.max_faces is not None:
            surplus = self.tracks[self.settings.max_faces :]
            self._tracks = [track for track in self._tracks if track not in surplus]


def _see(track: Track, batch: LandmarkBatch, row: int, five: FloatArray, place: FaceRoi, time_s: float) -> None:
    track.points, track.sigma, track.seen_s = batch.points[row], batch.sigma[row], time_s
    track.five, track.place = five, place
    track.uncovered = None if batch.visible is None else batch.visible[row]
    track.expression = None if batch.expression is None else batch.expression[row]


def _inside(place: FaceRoi, width: int, height: int) -> bool:
    """Whether the middle of a face is in the frame and the face is large enough to be one."""
    return -0.5 <= place.x <= width - 0.5 and -0.5 <= place.y <= height - 0.5 and place.size >= _SMALLEST_PX
