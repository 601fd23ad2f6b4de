"""Camera process, detector process, and this one that counts: real DDS between them, in a domain of their own."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from kitt_cli.bench.statistics import Rate
from kitt_inference.errors import KittError


@dataclass
class Heard:
    """Arrival times [s] of /detections and the messages of /detections/timing within the measured window."""

    rate: Rate = field(default_factory=lambda: Rate(0, 0.0))
    timings: list[Any] = field(default_factory=list)

    @property
    def dropped(self) -> int:
        """Images the detector skipped because a newer one had come."""
        return int(self.timings[-1].dropped - self.timings[0].dropped) if self.timings else 0


def ros_missing() -> str:
    """What keeps a bench over ROS from running, "" if nothing does."""
    missing = [name for name in ("rclpy", "sensor_msgs", "vision_msgs", "kitt_interfaces") if not _found(name)]
    return f"not installed or not built: {', '.join(missing)}; run ./kitt setup" if missing else ""


def _found(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


@contextlib.contextmanager
def own_domain() -> Iterator[Any]:
    """An rclpy node in a domain that nobody else on this machine is likely to use."""
    # 0 to 101 are safe on Linux (ROS 2 documentation on domain ids); low ones are what people choose.
    os.environ["ROS_DOMAIN_ID"] = str(random.randint(40, 101))
    from kitt_core.middleware import prepare_environment

    prepare_environment()
    import rclpy as untyped

    rclpy: Any = untyped
    rclpy.init(args=[])
    node: Any = rclpy.create_node("bench")
    try:
        yield node
    finally:
        node.destroy_node()
        rclpy.try_shutdown()


@contextlib.contextmanager
def process(*command: str) -> Iterator[subprocess.Popen[bytes]]:
    """A child of the same Python, ended at the end. What it says goes to standard error."""
    child = subprocess.Popen([sys.executable, "-m", *command], stdout=2)
    try:
        yield child
    finally:
        child.terminate()
        try:
            child.wait(timeout=10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def subscribe(node: Any, name: str, callback: Any, *, raw: bool = False) -> None:
    """Subscribe by the contract; raw messages come as bytes, which costs the measured machine next to nothing."""
    from kitt_core.contract import graph_name, topic
    from kitt_core.ports import message_type, qos_of

    row = topic(name)
    node.create_subscription(message_type(row.type), graph_name(name), callback, qos_of(row), raw=raw)


def detector_rate(node: Any, frames_file: str, camera_hz: float, seconds: float, settings: dict[str, Any]) -> Heard:
    """Rate of /detections while a camera process publishes at camera_hz, after a second of warming up.

    Raises KittError when no detections come.
    """
    import rclpy
    from rclpy.serialization import deserialize_message

    from kitt_core.contract import topic
    from kitt_core.ports import message_type

    arrivals: list[float] = []
    timings: list[bytes] = []
    subscribe(node, "/detections", lambda _: arrivals.append(time.perf_counter()), raw=True)
    subscribe(node, "/detections/timing", timings.append, raw=True)
    arguments = [word for name, value in settings.items() for word in ("-p", f"{name}:={value}")]
    with (
        process("kitt_perception.nodes.detector_node", "--ros-args", *arguments) as detector,
        process("kitt_cli.bench.publisher", frames_file, "--rate", f"{camera_hz:.3f}"),
    ):
        patience = time.monotonic() + 30
        while not arrivals:
            rclpy.spin_once(node, timeout_sec=0.1)
            if detector.poll() is not None or time.monotonic() > patience:
                raise KittError("the detector node gave no detections", "see its words above; try `./kitt doctor`")
        spin(node, 1.0)
        arrivals.clear()
        timings.clear()
        spin(node, seconds)
    if len(arrivals) < 2:
        raise KittError(f"{len(arrivals)} detections came in {seconds:g} s", "measure on a machine that is less busy")
    kind = message_type(topic("/detections/timing").type)
    return Heard(Rate(len(arrivals) - 1, arrivals[-1] - arrivals[0]), [deserialize_message(t, kind) for t in timings])


def images_lost(frames_file: str, rate: float, count: int, node: Any) -> dict[str, Any]:
    """How many of `count` pictures published at `rate` [Hz] by another process do not arrive here, and their age."""
    import rclpy

    from kitt_core.convert import stamp_ns

    numbers: set[int] = set()
    ages: list[float] = []

    def heard(message: Any) -> None:
        numbers.add(int(message.header.frame_id))
        ages.append((time.time_ns() - stamp_ns(message.header.stamp)) * 1e-9)

    subscribe(node, "/camera/image_raw", heard)
    with process("kitt_cli.bench.publisher", frames_file, "--rate", f"{rate}", "--count", f"{count}") as publisher:
        end = time.monotonic() + count / rate * 1.5 + 20
        while len(numbers) < count and publisher.poll() is None and time.monotonic() < end:
            rclpy.spin_once(node, timeout_sec=0.1)
        spin(node, 0.5)
    return {"sent": count, "lost": count - len(numbers), "ages_s": ages}


def spin(node: Any, seconds: float) -> None:
    """Let callbacks run for so long."""
    import rclpy

    end = time.monotonic() + seconds
    while time.monotonic() < end:
        rclpy.spin_once(node, timeout_sec=0.05)
