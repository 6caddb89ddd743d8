"""Reads OpenSeeFace's packets in the order in which its Unity component does, and turns them as that does."""

import struct
from dataclasses import dataclass, field

__all__ = ["OpenSeeData", "read_packets"]

FACE_BYTES = 8 + 4 + 2 * 4 + 2 * 4 + 1 + 4 + 3 * 4 + 3 * 4 + 4 * 4 + 4 * 68 + 4 * 2 * 68 + 4 * 3 * 70 + 4 * 14
Vector = tuple[float, float, float]
Quaternion = tuple[float, float, float, float]


@dataclass
class OpenSeeData:
    """One face, by the names of the component's fields."""

    time: float
    id: int
    camera_resolution: tuple[float, float]
    right_eye_open: float
    left_eye_open: float
    got_3d_points: bool
    fit_3d_error: float
    raw_quaternion: Quaternion
    raw_euler: Vector
    translation: Vector
    """As the component gives it."""
    confidence: list[float]
    points: list[tuple[float, float]]
    points_3d: list[Vector]
    features: list[float] = field(default_factory=list)

    @property
    def rotation(self) -> Vector:
        """Angles about Unity's x, y, z, from -180 to 180."""
        x, y, z = self.raw_euler
        return _half(-(x + 180)), _half(y), _half(z - 90)

    @property
    def target_quaternion(self) -> Quaternion:
        """How the component that moves an avatar's head turns it, once calibrated on a face that looks ahead."""
        x, y, z, w = self.raw_quaternion
        half = 0.5**0.5
        return _product((-y, -x, z, w), (half, half, 0.0, 0.0))

    @property
    def right_gaze(self) -> Vector:
        """Where the right eye looks, as the component compares the points."""
        return self._look(66, 68)

    @property
    def left_gaze(self) -> Vector:
        return self._look(67, 69)

    def _look(self, pupil: int, centre: int) -> Vector:
        (ax, ay, az), (bx, by, bz) = self.points_3d[pupil], self.points_3d[centre]
        return -ax + bx, ay - by, az - bz


class _Bytes:
    def __init__(self, data: bytes, offset: int) -> None:
        self.data, self.offset = data, offset

    def read(self, kind: str) -> float:
        (value,) = struct.unpack_from("<" + kind, self.data, self.offset)
        self.offset += struct.calcsize("<" + kind)
        return value

    def pair(self) -> tuple[float, float]:
        return self.read("f"), self.read("f")

    def vector(self) -> Vector:
        """Three numbers, the second with the other sign."""
        return self.read("f"), -self.read("f"), self.read("f")


def read_packets(datagram: bytes) -> list[OpenSeeData]:
    """The faces of a datagram; one of another length is passed over, as the component does."""
    if not datagram or len(datagram) % FACE_BYTES:
        return []
    return [_read(_Bytes(datagram, offset)) for offset in range(0, len(datagram), FACE_BYTES)]


def _read(data: _Bytes) -> OpenSeeData:
    start = data.offset
    time, id = data.read("d"), int(data.read("i"))
    resolution = data.pair()
    right_open, left_open = data.read("f"), data.read("f")
    got, error = data.read("B") != 0, data.read("f")
    quaternion = (data.read("f"), data.read("f"), data.read("f"), data.read("f"))
    euler = data.vector()
    x, y, z = data.read("f"), data.read("f"), data.read("f")
    face = OpenSeeData(
        *(time, id, resolution, right_open, left_open, got, error, quaternion, euler, (-y, x, -z)),
        confidence=[data.read("f") for _ in range(68)],
        points=[data.pair() for _ in range(68)],
        points_3d=[data.vector() for _ in range(70)],
        features=[data.read("f") for _ in range(14)],
    )
    assert data.offset - start == FACE_BYTES
    return face


def _half(degrees: float) -> float:
    return (degrees + 180) % 360 - 180


def _product(a: Quaternion, b: Quaternion) -> Quaternion:
    (ax, ay, az, aw), (bx, by, bz, bw) = a, b
    return (
        aw * bx + ax * bw + ay * bz - az * by,
        aw * by + ay * bw + az * bx - ax * bz,
        aw * bz + az * bw + ax * by - ay * bx,
        aw * bw - ax * bx - ay * by - az * bz,
    )
