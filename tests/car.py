"""A running car for tests: starts a launch file, listens, types, kills."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import rclpy
from rclpy.signals import SignalHandlerOptions

from kitt_cli.launch import ament, parse
from kitt_cli.launch.run import LaunchSession
from kitt_core.contract import graph_name, topic
from kitt_core.convert import to_stamp
from kitt_core.executor import make_executor
from kitt_core.middleware import prepare_environment
from kitt_core.ports import message_type, qos_of


class Car:
    """The nodes of a launch file and a probe that hears them. Use as a context manager."""

    def __init__(self, file: Path | None = None, **arguments: str) -> None:
        prepare_environment()
        path = file or ament.find_launch_file("kitt_bringup", "kitt.launch.xml")
        self.lines: list[str] = []
        self.session = LaunchSession(parse.load(path, arguments), on_line=self.lines.append)
        self.heard: dict[str, list[tuple[float, Any]]] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()

    def __enter__(self) -> Car:
        rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
        self.node = rclpy.create_node("probe")
        self._executor = make_executor()
        self._executor.add_node(self.node)
        self._input = self.advertise("/text/input")
        self._thread = threading.Thread(target=self._spin, daemon=True)
        self._thread.start()
        self.session.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.session.stop(timeout=20.0)
        self._stop.set()
        self._thread.join(timeout=5.0)
        self.node.destroy_node()
        rclpy.try_shutdown()

    def _spin(self) -> None:
        while not self._stop.is_set():
            self._executor.spin_once(timeout_sec=0.05)

    def advertise(self, name: str) -> Any:
        row = topic(name)
        return self.node.create_publisher(message_type(row.type), graph_name(name), qos_of(row))

    def listen(self, *names: str) -> None:
        for name in names:
            self.heard[name] = []

            def receive(message: Any, name: str = name) -> None:
                with self._lock:
                    self.heard[name].append((time.monotonic(), message))

            row = topic(name)
            self.node.create_subscription(message_type(row.type), graph_name(name), receive, qos_of(row))

    def since(self, name: str, begin: float) -> list[tuple[float, Any]]:
        with self._lock:
            return [entry for entry in self.heard[name] if entry[0] >= begin]

    def last(self, name: str) -> Any:
        with self._lock:
            return self.heard[name][-1][1] if self.heard[name] else None

    def type_line(self, text: str) -> None:
        message = message_type(topic("/text/input").type)(text=text, language="en", source="test")
        message.header.stamp = to_stamp(int(self.node.get_clock().now().nanoseconds))
        self._input.publish(message)

    def wait_for(self, condition: Callable[[], bool], timeout_s: float, what: str) -> None:
        """Wait until a condition holds; fails with the nodes' last words."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            if condition():
                return
            time.sleep(0.02)
        raise AssertionError(f"{what} did not happen within {timeout_s} s\n" + "\n".join(self.lines[-25:]))

    def wait_until_up(self, timeout_s: float = 60.0) -> None:
        """Until everything speaks and somebody reads what is typed."""
        needed = [name for name in ("/cmd_vel", "/tracks", "/kitt/state", "/odom") if name in self.heard]
        self.wait_for(
            lambda: all(self.heard[name] for name in needed) and self._input.get_subscription_count() > 0,
            timeout_s,
            "the car's start",
        )
        time.sleep(1.0)

    def drive(self, timeout_s: float = 20.0) -> None:
        """Say «go» until the car moves: a busy machine may make the gate doubt its eyes for a moment."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            self.type_line("go")
            for _ in range(30):
                if self.speed_wished() > 0.3:
                    return
                time.sleep(0.1)
        raise AssertionError("the car does not drive\n" + "\n".join(self.lines[-25:]))

    def speed_wished(self) -> float:
        message = self.last("/cmd_vel")
        return 0.0 if message is None else float(message.twist.linear.x)
