"""Records topics of a running car into an MCAP file: the class behind `kitt record` and the node `recorder`."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kitt_cli.definitions import definition
from kitt_cli.mcap_file import KEEP_FREE, LimitError, McapFile
from kitt_cli.observer import Observer, observer
from kitt_core.contract import TOPICS
from kitt_inference.errors import KittError

_DEPTH = 500  # messages that may wait while the disk is slow
_JPEG, _RAW = "/camera/image_raw/compressed", "/camera/image_raw"
_QUALITY = 85
_NOT_BY_DEFAULT = (_RAW, "/detections/image")  # the first is recorded as JPEG, the second can be drawn


def default_topics() -> list[str]:
    """The contract's topics, images only as JPEG."""
    return [name for name in TOPICS if name not in _NOT_BY_DEFAULT]


class Recorder:
    """Subscribes to raw messages and writes them as they come.

    Raises:
        KittError: a topic asked for by name is unknown, the file cannot be made.
    """

    def __init__(
        self, watch: Observer, path: Path, topics: list[str] | None = None, limit: int = 0, keep_free: int = KEEP_FREE
    ) -> None:
        """Subscribe; `topics`: None for `default_topics`. `limit`, `keep_free`: see `McapFile`."""
        self._watch = watch
        self._makes_jpeg = False
        self.counts: dict[str, int] = {}
        self.failure: KittError | None = None
        names = topics if topics is not None else default_topics()
        # everything that can be refused is, before the file is made
        types = {name: watch.type_of(name) for name in names}
        definitions = {}
        for name, type_name in types.items():
            try:
                definitions[name] = definition(type_name)
            except KittError:
                if topics is not None:
                    raise
        self.skipped = [name for name in names if name not in definitions]
        self.file = McapFile(path, limit, keep_free)
        for name, text in definitions.items():
            full = watch.full_name(name)
            self.counts[full] = 0
            self.file.add_topic(full, types[name], text)
            watch.subscribe(name, self._writer(full), depth=_DEPTH, raw=True)

    def _writer(self, topic: str) -> Callable[[bytes, Any], None]:
        def write(data: bytes, info: Any) -> None:
            if self.failure is not None:
                return
            now = time.time_ns()
            try:
                self.file.write(topic, data, now, int(info.get("source_timestamp") or now))
                self.counts[topic] += 1
            except KittError as error:
                self.failure = error

        return write

    def tidy(self) -> None:
        """To be called now and then: of a camera that gives no JPEG the pictures are compressed here."""
        jpeg = self._watch.full_name(_JPEG)
        there = self._watch.node.count_publishers
        if self._makes_jpeg or jpeg not in self.counts or there(jpeg) or not there(self._watch.full_name(_RAW)):
            return
        self._makes_jpeg = True
        write = self._writer(jpeg)
        self._watch.subscribe(_RAW, lambda message, info: write(_compressed(message), info), depth=2)

    def close(self) -> None:
        """Write the file's end.

        Raises:
            KittError: writing failed, now or earlier; not where a limit ended it as it was told.
        """
        if self.failure is not None and not isinstance(self.failure, LimitError):
            raise self.failure
        self.file.close()

    def summary(self, seconds: float) -> dict[str, Any]:
        """What was recorded, for people and JSON."""
        return {
            "file": str(self.file.path),
            "seconds": round(seconds, 3),
            "messages": sum(self.counts.values()),
            "bytes": self.file.path.stat().st_size,
            "topics": {name: count for name, count in self.counts.items() if count},
            "silent": [name for name, count in self.counts.items() if not count],
            "skipped": self.skipped,
            "ended": str(self.failure or ""),
        }


def _compressed(image: Any) -> bytes:
    """sensor_msgs/Image as a serialised CompressedImage."""
    import cv2
    from rclpy.serialization import serialize_message

    from kitt_core.convert import compressed_to_msg, msg_to_image

    data = cv2.imencode(".jpg", msg_to_image(image), [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1].tobytes()
    return bytes(serialize_message(compressed_to_msg(data, image.header)))


def record(
    path: Path,
    topics: list[str] | None = None,
    duration: float | None = None,
    arguments: list[str] | None = None,
    on_start: Callable[[Recorder], None] = lambda _recorder: None,
    *,
    limit: int = 0,
    keep_free: int = KEEP_FREE,
) -> dict[str, Any]:
    """Record until `duration` s have passed, a limit is reached, or SIGINT or SIGTERM comes; returns the summary.

    `limit`, `keep_free`: see `McapFile`.

    Raises:
        KittError: wrong topics, no file, a full disk.
    """
    stopping: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda received, _frame: stopping.append(received))
    with observer("recorder", arguments) as watch:
        recorder = Recorder(watch, path, topics, limit, keep_free)
        tell = _reporter(watch, recorder)
        on_start(recorder)
        begin = time.monotonic()
        try:
            watch.spin(
                float("inf") if duration is None else duration,
                lambda: bool(stopping) or recorder.failure is not None,
            )
            if recorder.failure is not None:
                for _ in range(6):  # so that it is heard, also by whom discovery has not found yet
                    tell()
                    watch.spin(0.25)
        finally:
            recorder.close()
        return recorder.summary(time.monotonic() - begin)


def _reporter(watch: Observer, recorder: Recorder) -> Callable[[], None]:
    """Says on /diagnostics, once a second and when called, whether the recording goes on."""
    from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue

    publisher = watch.node.create_publisher(DiagnosticArray, "/diagnostics", 20)

    def tell() -> None:
        level, words, values = b"\0", f"recording into {recorder.file.path}", []
        if recorder.failure is not None:
            level, words = b"\1", str(recorder.failure)
        if recorder.failure is not None and type(recorder.failure) is not LimitError:  # which is as it was told
            level, values = b"\2", [KeyValue(key="fault", value="recorder_disk_full")]  # the controller's name for it
        array = DiagnosticArray(status=[DiagnosticStatus(level=level, name="recorder", message=words, values=values)])
        array.header.stamp = watch.node.get_clock().now().to_msg()
        publisher.publish(array)
        recorder.tidy()

    watch.node.create_timer(1.0, tell)
    return tell


def main() -> None:
    """The node `recorder` of the launch file: --out FILE, and ROS arguments."""
    words = sys.argv[1:]
    own = words[: words.index("--ros-args")] if "--ros-args" in words else words
    parser = argparse.ArgumentParser(prog="recorder")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args(own)
    try:
        done = record(options.out, arguments=sys.argv)
    except KittError as error:
        sys.exit(f"error: {error}")
    print(f"{done['messages']} messages in {done['file']}", file=sys.stderr)


if __name__ == "__main__":
    main()
