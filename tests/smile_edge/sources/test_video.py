"""Video files: every frame, at its time, upright, whole; what is damaged is said."""

import gc
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from made_videos import cut, grey, levels, spoil, write_cover_art, write_video

from smile_edge.errors import SourceError
from smile_edge.imaging.native import hush_native_logs
from smile_edge.records import Frame
from smile_edge.sources import VideoFileSource, open_source
from smile_edge.types import Image

KINDS = {
    "clip.mp4": {},
    "clip.mov": {"codec": "mpeg4"},
    "clip.mkv": {},
    "clip.avi": {"codec": "mjpeg", "pix_fmt": "yuvj420p"},
    "clip.webm": {"codec": "libvpx"},
    "clip.ts": {},
    "clip.flv": {},
    "clip.gif": {"codec": "gif", "pix_fmt": "rgb8"},
    "clip.apng": {"codec": "apng", "pix_fmt": "rgb24"},
    "100%d 顔.mkv": {},
    "100%d.gif": {"codec": "gif", "pix_fmt": "rgb8"},
    "12:30.mp4": {"movflags": "frag_keyframe+empty_moov"},
}


def all_frames(path: Path) -> list[Frame]:
    with open_source(str(path)) as video:
        return list(video)


def opencv_frames(path: Path) -> list[Image]:
    hush_native_logs()
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    images: list[Image] = []
    while (read := capture.read())[0]:
        images.append(np.asarray(read[1], np.uint8))
    capture.release()
    return images


def scene(index: int, width: int, height: int) -> Image:
    """Smooth colours that move: what a conversion gets wrong shows."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    waves = [128 + 100 * np.sin((x * (1 + k) + y * (3 - k)) / 30 + index / 4 + k) for k in range(3)]
    return np.dstack(waves).astype(np.uint8)


@pytest.mark.parametrize("name", KINDS)
def test_every_frame_comes_at_its_time_and_nothing_is_called_damaged(
    tmp_path: Path, name: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    path = write_video(tmp_path / name, **KINDS[name])
    capfd.readouterr()
    with open_source(str(path)) as video:
        frames = list(video)
    assert isinstance(video, VideoFileSource)
    assert (video.live, video.fps, video.notes(), caplog.text) == (False, 25.0, (), "")
    assert video.length == pytest.approx(12, abs=2)
    assert [frame.index for frame in frames] == list(range(12))
    assert [frame.time_s for frame in frames] == pytest.approx([index / 25 for index in range(12)], abs=1e-3)
    assert levels([frame.image for frame in frames]) == list(range(12))
    assert {(frame.source, frame.captured_s, frame.dropped) for frame in frames} == {(str(path), None, 0)}
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("codec", ["libx265", "libvpx-vp9", "libsvtav1", "ffv1", "mpeg2video"])
def test_codecs_of_today_are_decoded(tmp_path: Path, codec: str) -> None:
    path = write_video(tmp_path / "clip.mkv", codec=codec, codec_options={"x265-params": "log-level=none"})
    assert levels([frame.image for frame in all_frames(path)]) == list(range(12))


@pytest.mark.parametrize(
    ("codec", "options"),
    [
        ("mpeg2video", {"flags": "+ildct+ilme", "top": "1"}),
        ("libx264", {"x264-params": "interlaced=1:tff=1"}),
    ],
)
def test_interlaced_frames_are_deinterlaced_one_for_one(tmp_path: Path, codec: str, options: dict[str, str]) -> None:
    def combed(index: int, width: int, height: int) -> Image:
        """A bar that moves four pixels from field to field."""
        image = np.full((height, width, 3), 32, np.uint8)
        for field in (0, 1):
            left = 8 + 8 * index + 4 * field
            image[field::2, left : left + 24] = 224
        return image

    path = write_video(tmp_path / "clip.mkv", 10, codec=codec, codec_options=options, size=(128, 96), picture=combed)
    frames = all_frames(path)
    assert [frame.time_s for frame in frames] == pytest.approx([index / 25 for index in range(10)], abs=1e-3)
    for frame in frames[1:-1]:
        rows = frame.image[8:-8, :, 1].astype(np.int16)
        assert 60 < rows.mean() < 110
        assert np.abs(np.diff(rows, axis=0)).mean() < 1, "the fields still differ"


def test_a_single_interlaced_frame_is_not_lost(tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.mkv", 1, codec="mpeg2video", codec_options={"flags": "+ildct+ilme"})
    assert levels([frame.image for frame in all_frames(path)]) == [0]


@pytest.mark.parametrize("name", ["clip.mkv", "clip.mp4"])
def test_times_of_a_variable_rate_are_kept(tmp_path: Path, name: str) -> None:
    times_s = [0, 0.04, 0.08, 0.5, 0.9, 1.0, 1.04, 2.0, 2.5, 2.6, 2.7, 4.0]
    frames = all_frames(write_video(tmp_path / name, times_s=times_s))
    assert [frame.time_s for frame in frames] == pytest.approx(times_s, abs=1e-3)


@pytest.mark.parametrize("name", ["clip.mkv", "clip.mp4", "clip.ts"])
def test_a_video_that_starts_late_starts_at_zero(tmp_path: Path, name: str, caplog: pytest.LogCaptureFixture) -> None:
    frames = all_frames(write_video(tmp_path / name, start_s=100))
    assert [frame.time_s for frame in frames] == pytest.approx([index / 25 for index in range(12)], abs=1e-3)
    assert caplog.text == ""


@pytest.mark.parametrize("name", ["clip.mkv", "clip.mp4", "clip.ts", "clip.flv"])
def test_sound_that_goes_on_is_no_damage(tmp_path: Path, name: str, caplog: pytest.LogCaptureFixture) -> None:
    assert len(all_frames(write_video(tmp_path / name, sound_s=4))) == 12
    assert caplog.text == ""


@pytest.mark.skipif("sys.platform != 'linux'")
def test_a_name_that_is_not_utf8_is_read(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mkv", 3).rename(tmp_path / "b\udcff.mkv")
    assert levels([frame.image for frame in all_frames(path)]) == [0, 1, 2]


@pytest.mark.parametrize(
    ("name", "degrees"), [("clip.mp4", 90), ("clip.mov", 180), ("clip.mp4", 270), ("clip.mkv", 90)]
)
def test_frames_are_turned_upright_as_opencv_turns_them(tmp_path: Path, name: str, degrees: int) -> None:
    path = write_video(tmp_path / name, 3, size=(96, 64), picture=scene, rotation=degrees)
    frames, wanted = all_frames(path), opencv_frames(path)
    assert frames[0].image.shape == ((64, 96, 3) if degrees == 180 else (96, 64, 3))
    assert all(np.array_equal(frame.image, image) for frame, image in zip(frames, wanted, strict=True))


@pytest.mark.parametrize(
    ("name", "codec", "pix_fmt"),
    [
        ("clip.mp4", "libx264", "yuv420p"),
        ("clip.mp4", "libx264", "yuvj420p"),
        ("clip.mkv", "libx264", "yuv422p"),
        ("clip.mkv", "libx264", "yuv444p"),
        ("clip.mkv", "libx264", "yuv420p10le"),
        ("clip.mkv", "libx264", "yuv422p10le"),
        ("clip.mkv", "libx264", "gray"),
        ("clip.mov", "prores_ks", "yuv422p10le"),
        ("clip.avi", "mjpeg", "yuvj422p"),
        ("clip.mkv", "ffv1", "bgr0"),
    ],
)
def test_pixels_are_those_that_opencv_gives(tmp_path: Path, name: str, codec: str, pix_fmt: str) -> None:
    path = write_video(tmp_path / name, 3, codec=codec, pix_fmt=pix_fmt, size=(96, 64), picture=scene)
    frames, wanted = all_frames(path), opencv_frames(path)
    assert all(np.array_equal(frame.image, image) for frame, image in zip(frames, wanted, strict=True))
    assert all(frame.image.flags.c_contiguous and frame.image.flags.writeable for frame in frames)


def test_odd_sizes_are_whole(tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.mkv", 3, codec="ffv1", pix_fmt="bgr0", size=(63, 47), picture=scene)
    for frame in all_frames(path):
        assert np.array_equal(frame.image, scene(frame.index, 63, 47))


@pytest.mark.parametrize(("name", "kind"), [("a.gif", "gif"), ("a.png", "apng")])
def test_transparency_shows_black(tmp_path: Path, name: str, kind: str) -> None:
    path = tmp_path / name
    with av.open(str(path), "w", format=kind) as container:
        stream = container.add_stream(kind, rate=10)
        stream.width, stream.height, stream.pix_fmt = 32, 24, "pal8" if kind == "gif" else "rgba"
        for index in range(2):
            if kind == "gif":
                array = np.zeros((24, 32), np.uint8)
                array[:, 16:] = 1
                palette = np.zeros((256, 4), np.uint8)  # ARGB
                palette[0], palette[1] = (0, 255, 255, 255), (255, 200, 200, 200)
                image = av.VideoFrame.from_ndarray((array, palette), "pal8")  # type: ignore[arg-type]
            else:
                pixels = np.full((24, 32, 4), 200, np.uint8)
                pixels[:, :16, 3], pixels[:, 16:, 3] = 0, 255
                image = av.VideoFrame.from_ndarray(pixels, "rgba")
            image.pts = index
            container.mux(stream.encode(image))
        container.mux(stream.encode(None))
    for frame in all_frames(path):
        assert frame.image[:, :15].max() == 0
        assert frame.image[:, 17:].min() == 200


def test_packets_that_cannot_be_decoded_are_counted_and_passed_over(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = spoil(write_video(tmp_path / "clip.avi", codec="mjpeg", pix_fmt="yuvj420p"), [3, 4, 11])
    with open_source(str(path)) as video:
        frames = list(video)
    assert levels([frame.image for frame in frames]) == [0, 1, 2, 5, 6, 7, 8, 9, 10]
    assert frames[3].time_s == pytest.approx(5 / 25, abs=1e-3)
    assert video.notes() == ("3 damaged packets",)
    assert caplog.text == ""


def test_a_matroska_that_loses_its_last_frames_to_a_damaged_block_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = write_video(tmp_path / "clip.mkv", codec="mjpeg", pix_fmt="yuvj420p")
    with av.open(str(path)) as container:
        block = [one.pos for one in container.demux(video=0)][7]
    data = bytearray(path.read_bytes())
    assert block is not None
    data[block - 8 : block + 8] = b"\xff" * 16
    path.write_bytes(data)
    assert len(all_frames(path)) == 7
    assert "ended early, 7 of about 12 frames" in caplog.text


def test_one_damaged_packet_does_not_end_a_video(tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.mp4", codec_options={"g": "4", "x264-params": "bframes=0"})
    with open_source(str(spoil(path, [5]))) as video:
        assert len(list(video)) == 11
    assert video.notes() == ("1 damaged packet",)


@pytest.mark.parametrize("share", [0.7, 0.9, 0.99])
@pytest.mark.parametrize(
    ("name", "settings"),
    [
        *((name, KINDS[name]) for name in ("clip.avi", "clip.webm", "clip.gif", "clip.apng")),
        ("clip.mkv", {"codec": "mjpeg", "pix_fmt": "yuvj420p"}),
        ("clip.mp4", {"codec": "mjpeg", "pix_fmt": "yuvj420p", "movflags": "faststart"}),
    ],
)
def test_a_cut_file_gives_its_readable_part_and_says_so_once(
    tmp_path: Path, name: str, settings: dict[str, str], share: float, caplog: pytest.LogCaptureFixture
) -> None:
    path = cut(write_video(tmp_path / name, picture=scene, **settings), share)  # type: ignore[arg-type]
    try:
        frames = all_frames(path)
    except SourceError as error:
        assert "the file is cut short" in str(error)  # noqa: PT017 (nothing of it could be read)
        return
    assert 0 < len(frames) <= 12
    assert caplog.messages == [next(one for one in caplog.messages if f"ended early, {len(frames)}" in one)]


@pytest.mark.parametrize("name", ["clip.avi", "clip.mkv", "clip.mp4", "clip.webm", "clip.gif", "clip.flv"])
def test_a_file_without_its_last_byte_is_not_whole(tmp_path: Path, name: str, caplog: pytest.LogCaptureFixture) -> None:
    path = write_video(tmp_path / name, **({"movflags": "faststart"} if name == "clip.mp4" else KINDS[name]))
    path.write_bytes(path.read_bytes()[:-1])
    all_frames(path)
    assert "ended early" in caplog.text


def test_the_number_of_frames_that_a_cut_file_should_have_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = write_video(tmp_path / "clip.avi", codec="mjpeg", pix_fmt="yuvj420p", picture=scene)
    frames = all_frames(cut(path))
    assert f"ended early, {len(frames)} of about 12 frames; the file is cut short" in caplog.text


def test_an_index_that_was_cut_off_is_one_line(tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.mp4", 40, picture=scene, size=(320, 240))
    with pytest.raises(SourceError, match=r"its index .* is missing") as caught:
        open_source(str(cut(path)))
    assert "\n" not in str(caught.value)


def test_a_wrong_number_of_frames_in_the_header_is_no_damage(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = write_video(tmp_path / "clip.avi", codec="mjpeg", pix_fmt="yuvj420p")
    data = bytearray(path.read_bytes())
    for mark, offset in ((b"avih", 8 + 16), (b"strh", 8 + 32)):
        at = data.index(mark) + offset
        data[at : at + 4] = (500).to_bytes(4, "little")
    path.write_bytes(data)
    assert len(all_frames(path)) == 12
    assert caplog.text == ""


def test_sound_with_a_picture_attached_is_no_video(tmp_path: Path) -> None:
    path = write_cover_art(tmp_path / "song.mp4")
    with pytest.raises(SourceError, match="no video in it, only sound and a picture attached to it"):
        open_source(str(path))


def test_an_unknown_codec_is_named_with_the_cure(tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.mp4")
    path.write_bytes(path.read_bytes().replace(b"avc1", b"zz9x"))
    with pytest.raises(SourceError, match=r"no decoder for its codec 'zz9x'; convert it"):
        open_source(str(path))


def test_a_picture_that_is_too_large_is_refused_by_its_header(tmp_path: Path) -> None:
    path = write_video(tmp_path / "bomb.gif", codec="gif", pix_fmt="rgb8")
    data = bytearray(path.read_bytes())
    data[6:10] = (32768).to_bytes(2, "little") * 2
    path.write_bytes(data)
    for name in ("bomb.gif", "bomb.mp4"):
        path = path.rename(tmp_path / name)
        with pytest.raises(SourceError, match="32768 x 32768 px are 1074 million pixels"):
            open_source(str(path))


def test_leaving_a_video_early_releases_it(tmp_path: Path) -> None:
    with open_source(str(write_video(tmp_path / "clip.avi", codec="mjpeg", pix_fmt="yuvj420p"))) as video:
        next(video)
    assert isinstance(video, VideoFileSource)
    assert not video._reader._container.input_was_opened
    assert next(video, None) is None


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"WEBVTT\n\nnot a video at all\n" * 40, "a text file"),
        (bytes(range(256)) * 40, "not a video"),
    ],
)
def test_a_file_that_is_no_video_says_so(
    tmp_path: Path, content: bytes, words: str, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=words) as caught:
        open_source(str(path))
    assert capfd.readouterr().err == ""
    assert "\n" not in str(caught.value)


def test_dark_pictures_that_are_not_compressed_are_no_text(tmp_path: Path) -> None:
    path = write_video(tmp_path / "dark.y4m", codec="rawvideo", picture=lambda _, *size: grey(1, *size))
    assert path.read_bytes()[:4096].isascii()
    assert len(all_frames(path)) == 12


def written_list(folder: Path, parts: list[str], *, ended: bool) -> Path:
    for number in range(5):
        write_video(folder / f"{number}.ts", 5, fps=10, start_s=number / 2)
    lines = ["#EXTM3U", "#EXT-X-VERSION:3", "#EXT-X-TARGETDURATION:1"]
    for part in parts:
        lines += ["#EXTINF:0.5,", part]
    path = folder / "list.m3u8"
    path.write_text("\n".join([*lines, *["#EXT-X-ENDLIST"] * ended]) + "\n")
    return path


@pytest.mark.parametrize("ended", [True, False])
def test_a_list_of_files_is_read_from_its_first_part_to_its_last(tmp_path: Path, ended: bool) -> None:
    path = written_list(tmp_path, [f"{number}.ts" for number in range(5)], ended=ended)
    with open_source(str(path)) as video:
        assert len(list(video)) == 25
        assert video.notes() == ()


def test_parts_of_a_list_that_are_missing_are_said(tmp_path: Path) -> None:
    path = written_list(tmp_path, ["0.ts", "gone.ts", "2.ts", "away.ts"], ended=True)
    with open_source(str(path)) as video:
        assert len(list(video)) == 10
        assert video.notes() == ("2 of 4 parts missing",)


def test_frames_that_were_used_leave_nothing_for_the_garbage_collector(tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.mp4", 60, rotation=90)
    gc.collect()
    gc.disable()
    try:
        assert len(all_frames(path)) == 60
        assert sum(isinstance(one, av.VideoFrame) for one in gc.get_objects()) < 5
    finally:
        gc.enable()
