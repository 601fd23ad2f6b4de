"""Every kind of source, live ones that vanish and come back, and what a person reads when one cannot work."""

from __future__ import annotations

import importlib.util
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from kitt_core.backoff import Backoff
from kitt_inference.errors import KittError
from kitt_perception.camera_source import CameraSource, CameraState, Frame
from kitt_perception.sources.base import Image, Source, SourceOptions
from kitt_perception.sources.capture import without_password
from kitt_perception.sources.parse import parse_source

_SPEC = importlib.util.spec_from_file_location("mjpeg_server", Path(__file__).with_name("mjpeg_server.py"))
assert _SPEC is not None
assert _SPEC.loader is not None
mjpeg_server = importlib.util.module_from_spec(_SPEC)
sys.modules["mjpeg_server"] = mjpeg_server
_SPEC.loader.exec_module(mjpeg_server)

FAST = Backoff(first_s=0.05, greatest_s=0.2)


def eventually(condition: Callable[[], bool], timeout_s: float = 8.0) -> bool:
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return condition()


def shades(count: int) -> list[np.ndarray]:
    return [np.full((48, 64, 3), 10 + 20 * i, dtype=np.uint8) for i in range(count)]


@pytest.fixture
def video(tmp_path: Path) -> Path:
    path = tmp_path / "shades.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 20.0, (64, 48))
    for image in shades(10):
        writer.write(image)
    writer.release()
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for i, image in enumerate(shades(5)):
        cv2.imwrite(str(tmp_path / f"{i}.png"), image)
    (tmp_path / "notes.txt").write_text("not a picture")
    return tmp_path


@pytest.fixture
def server() -> Iterator[mjpeg_server.MjpegServer]:
    server = mjpeg_server.MjpegServer()
    server.start()
    yield server
    server.stop()


def collect(text: str, count: int, options: SourceOptions | None = None) -> list[Frame]:
    frames: list[Frame] = []
    with CameraSource(parse_source(text, options), on_frame=frames.append, backoff=FAST) as camera:
        assert eventually(lambda: len(frames) >= count or camera.status.state is CameraState.ENDED), camera.status
    return frames


def test_video_file_is_paced_and_ends(video: Path) -> None:
    frames = collect(str(video), 10**6, SourceOptions(loop=False))
    assert [f.sequence for f in frames] == list(range(1, 11))
    assert [int(f.image.mean()) for f in frames] == pytest.approx([10 + 20 * i for i in range(10)], abs=3)
    gaps = np.diff([f.grabbed_s for f in frames])
    assert np.median(gaps) == pytest.approx(0.05, abs=0.01)
    assert frames[-1].stamp_ns > frames[0].stamp_ns


def test_video_file_loops_at_the_wished_rate(video: Path) -> None:
    frames = collect(str(video), 25, SourceOptions(fps=100.0))
    assert frames[10].image.mean() == pytest.approx(frames[0].image.mean(), abs=1)
    assert np.median(np.diff([f.grabbed_s for f in frames])) == pytest.approx(0.01, abs=0.006)


def test_folder_in_order_and_a_broken_picture_is_skipped(folder: Path) -> None:
    (folder / "2.png").write_bytes(b"\x89PNG but no more")
    (folder / "3.png").write_bytes(b"")
    seen: list[int] = []
    camera = CameraSource(
        parse_source(str(folder), SourceOptions(loop=False, fps=100)),
        on_frame=lambda f: seen.append(int(f.image.mean())),
    )
    with camera:
        assert eventually(lambda: camera.status.state is CameraState.ENDED)
        assert camera.status.undecodable == 2
    assert seen == [10, 30, 90]


def test_folder_of_nothing_but_broken_pictures_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_text("no")
    with CameraSource(parse_source(str(tmp_path), SourceOptions(fps=100)), backoff=FAST) as camera:
        assert eventually(lambda: camera.status.state is CameraState.LOST)
        assert "none of 1 files can be decoded" in camera.status.reason


def test_single_picture_repeats(folder: Path) -> None:
    frames = collect(str(folder / "1.png"), 3, SourceOptions(fps=50))
    assert all(f.image.mean() == 30 for f in frames)


def test_live_stream_newest_wins_and_reconnects(server: mjpeg_server.MjpegServer) -> None:
    with CameraSource(parse_source(server.url, SourceOptions(timeout_s=2.0)), backoff=FAST) as camera:
        assert eventually(lambda: camera.status.state is CameraState.STREAMING), camera.status
        time.sleep(0.5)
        # A reader that slept gets what the server sends now, not what waited meanwhile.
        assert abs(float(camera.read_latest(0.5).image.mean()) - server.shade) <= 10
        server.stop()
        assert eventually(lambda: camera.status.state is CameraState.LOST), camera.status
        assert "secret" not in camera.status.reason
        assert "see that its server runs" in camera.status.remedy
        with pytest.raises(KittError, match="stream http://127"):
            camera.read_latest(10.0)
        server.start()
        assert eventually(lambda: camera.status.state is CameraState.STREAMING), camera.status
        assert camera.status.losses == 1
        assert eventually(lambda: camera.read_latest(0.5).sequence > 1)


def test_garbage_stream_is_lost_not_a_crash() -> None:
    server = mjpeg_server.MjpegServer(garbage=True)
    server.start()
    with CameraSource(parse_source(server.url, SourceOptions(timeout_s=1.0)), backoff=FAST) as camera:
        assert eventually(lambda: camera.status.state is CameraState.LOST), camera.status
        assert "cannot be opened" in camera.status.reason
        assert camera.status.frames == 0
    server.stop()


def test_missing_device_names_itself_and_the_remedy() -> None:
    with CameraSource(parse_source("97"), backoff=FAST) as camera:
        assert eventually(lambda: camera.status.state is CameraState.LOST)
        assert "/dev/video97 does not exist" in camera.status.reason
        assert "plug the camera in" in camera.status.remedy
        with pytest.raises(KittError, match="video97"):
            camera.read_latest(1.0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no camera source"),
        ("/no/such/file.mp4", "does not exist"),
        (__file__, "neither a picture nor a video"),
        ("gst:", "empty"),
        ("gst: videotestsrc name='x", "cut off"),
    ],
)
def test_what_can_never_work_is_refused_at_once(text: str, message: str) -> None:
    with pytest.raises(KittError, match=message) as caught:
        parse_source(text)
    assert caught.value.remedy


def test_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KittError, match="holds no pictures"):
        parse_source(str(tmp_path))


def test_a_text_file_named_video_is_lost_with_a_reason(tmp_path: Path) -> None:
    (tmp_path / "fake.mp4").write_text("hello")
    with CameraSource(parse_source(str(tmp_path / "fake.mp4")), backoff=FAST) as camera:
        assert eventually(lambda: camera.status.state is CameraState.LOST)
        assert "not a video that can be read" in camera.status.reason


class Scripted(Source):
    """Gives pictures, then does what the test says."""

    name = "scripted"

    def __init__(self, then: Callable[[int], bool]) -> None:
        self.then, self.count, self.opened = then, 0, 0

    def open(self) -> None:
        self.opened += 1

    def grab(self) -> bool:
        self.count += 1
        return self.then(self.count)

    def retrieve(self) -> Image | None:
        return np.zeros((4, 4, 3), dtype=np.uint8)

    def close(self) -> None:
        pass


def test_stale_frame_raises_while_the_source_hangs() -> None:
    def hang_after_three(count: int) -> bool:
        if count > 3:
            time.sleep(0.6)
        return True

    with CameraSource(Scripted(hang_after_three)) as camera:
        assert camera.wait_newer(2, 2.0) is not None
        assert camera.read_latest(0.5).sequence >= 3
        time.sleep(0.3)
        with pytest.raises(KittError, match="permitted: 0"):
            camera.read_latest(0.1)
        assert camera.wait_newer(10**9, 0.05) is None


def test_surprise_in_a_driver_is_reported_and_tried_again() -> None:
    def explode_once(count: int) -> bool:
        if count == 3:
            raise RuntimeError("driver")
        time.sleep(0.005)
        return True

    source = Scripted(explode_once)
    with CameraSource(source, backoff=FAST) as camera:
        assert eventually(lambda: source.opened == 2 and camera.status.state is CameraState.STREAMING)
        assert camera.status.losses == 1


def test_stop_and_start_again(folder: Path) -> None:
    camera = CameraSource(parse_source(str(folder), SourceOptions(fps=100)))
    for _ in range(2):
        camera.start()
        camera.start()
        assert eventually(lambda: camera.status.state is CameraState.STREAMING)
        camera.stop()
        assert camera.status.state is CameraState.STOPPED
        with pytest.raises(KittError, match="no picture yet"):
            camera.read_latest(1.0)


def test_backoff_grows_to_its_bound() -> None:
    backoff = Backoff(0.25, 5.0)
    assert [backoff.after(i) for i in (0, 1, 2, 5, 1000)] == [0.25, 0.5, 1.0, 5.0, 5.0]


def test_password_stays_out_of_messages() -> None:
    assert without_password("rtsp://me:p@ss@cam:554/a@b") == "rtsp://cam:554/a@b"
    assert without_password("http://cam/x") == "http://cam/x"


@pytest.mark.skipif(
    shutil.which("gst-launch-1.0") is None, reason="gst-launch-1.0 is not here: ./kitt test names its packages"
)
class TestGStreamer:
    def test_pipeline_with_a_width_that_needs_padding(self) -> None:
        """66 px * 3 bytes is no multiple of four: rows are padded, and a reader that forgets it shears the picture."""
        options = SourceOptions(width=66, height=50)
        frames = collect("gst: videotestsrc pattern=blue is-live=true ! video/x-raw,framerate=30/1", 5, options)
        assert frames[0].image.shape == (50, 66, 3)
        assert frames[4].image.reshape(-1, 3).mean(axis=0) == pytest.approx([255, 0, 0], abs=4)
        assert frames[4].image.reshape(-1, 3).std(axis=0).max() < 3

    def test_end_and_nonsense_are_named(self) -> None:
        with CameraSource(parse_source("gst: nosuchelement"), backoff=FAST) as camera:
            assert eventually(lambda: camera.status.state is CameraState.LOST)
            assert "nosuchelement" in camera.status.reason
        with CameraSource(parse_source("gst: videotestsrc num-buffers=5"), backoff=FAST) as camera:
            assert eventually(lambda: "ended" in camera.status.reason), camera.status
            assert camera.status.frames >= 5


def test_without_gstreamer_the_remedy_names_the_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(KittError, match="not installed") as caught:
        parse_source("gst: videotestsrc").open()
    assert "gstreamer1.0-tools" in caught.value.remedy
