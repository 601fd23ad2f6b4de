"""Watches the running car from outside: a plain ROS node in a thread that feeds a `RunReport`."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import rclpy
from rclpy.signals import SignalHandlerOptions

from kitt_cli.demo.report import RunReport
from kitt_core.contract import graph_name, topic
from kitt_core.convert import msg_to_detections, stamp_ns, to_stamp
from kitt_core.executor import make_executor
from kitt_core.middleware import prepare_environment
from kitt_core.ports import message_type, qos_of

_ALWAYS = ("/kitt/gate", "/kitt/state")  # watched before the run begins, too


class Watcher:
    """Subscribes to what the report needs and can type a line to the car."""

    def __init__(self, report: RunReport) -> None:
        prepare_environment()
        self.report = report
        rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
        self._node = rclpy.create_node("demo")
        self._executor = make_executor()
        self._executor.add_node(self._node)
        self._began: float | None = None
        self._lock = threading.Lock()
        self._rates: dict[str, int] = {}
        self._faults: list[str] | None = None
        self.also: Callable[[str, Any], None] = lambda _name, _message: None
        """Gets each message with its topic's name, once the run has begun."""
        self.on_voice: Callable[[str, str, float, float], None] = lambda _command, _text, _confidence, _at_s: None
        handlers = {
            "/camera/camera_info": self._camera_info,
            "/detections": self._detections,
            "/detections/timing": self._timing,
            "/kitt/trace": self._trace,
            "/kitt/gate": self._gate,
            "/kitt/state": self._state,
            "/odom": self._odom,
            "/say": self._say,
            "/voice/command": self._voice,
            "/voice/activity": lambda message: None,
            "/sim/ground_truth": self._ground_truth,
            "/sim/collision": self._collision,
            "/cmd_vel": lambda message: None,
            "/tracks": lambda message: None,
        }
        for name, handler in handlers.items():
            self._listen(name, handler)
        self._input = self.advertise("/text/input")
        self._thread = threading.Thread(target=self._spin, name="watch", daemon=True)
        self._stop = threading.Event()
        self._thread.start()

    def advertise(self, name: str) -> Any:
        """A publisher of a topic of the contract."""
        row = topic(name)
        return self._node.create_publisher(message_type(row.type), graph_name(name), qos_of(row))

    def listen(self, name: str) -> None:
        """Hands a further topic's messages to `also`."""
        self._listen(name, lambda _message: None)

    def begin(self) -> None:
        """From now on things count."""
        with self._lock:
            self._began = self.now()

    def now(self) -> float:
        """ROS time in s."""
        return float(self._node.get_clock().now().nanoseconds) * 1e-9

    def elapsed(self) -> float:
        """Seconds since `begin`."""
        return 0.0 if self._began is None else self.now() - self._began

    def type_line(self, text: str) -> None:
        """Type a line to the car."""
        message = message_type(topic("/text/input").type)(text=text, language="en", source="demo")
        message.header.stamp = to_stamp(int(self._node.get_clock().now().nanoseconds))
        self._input.publish(message)

    def would_obey(self) -> bool:
        """Whether somebody reads what is typed, the gate has no doubt and the controller no fault."""
        heard = int(self._input.get_subscription_count()) > 0
        return heard and self.report.gate_reason == "standing" and self._faults == []

    def take_counts(self) -> dict[str, int]:
        """Messages per topic since the last call."""
        with self._lock:
            counts, self._rates = self._rates, {}
        return counts

    def close(self) -> None:
        """Stop watching."""
        self._stop.set()
        self._thread.join(timeout=2.0)
        self._node.destroy_node()
        rclpy.try_shutdown()

    def _spin(self) -> None:
        while not self._stop.is_set():
            self._executor.spin_once(timeout_sec=0.1)

    def _listen(self, name: str, handler: Any) -> None:
        def receive(message: Any) -> None:
            with self._lock:
                self._rates[name] = self._rates.get(name, 0) + 1
                if self._began is not None or name in _ALWAYS:
                    handler(message)
                if self._began is not None:
                    self.also(name, message)

        row = topic(name)
        self._node.create_subscription(message_type(row.type), graph_name(name), receive, qos_of(row))

    def _camera_info(self, message: Any) -> None:
        self.report.frames.published(stamp_ns(message.header.stamp) * 1e-9)

    def _detections(self, message: Any) -> None:
        labels = [label for _id, label, _score, _box in msg_to_detections(message)]
        self.report.detected(stamp_ns(message.header.stamp) * 1e-9, self.now(), labels)

    def _timing(self, message: Any) -> None:
        stamp = stamp_ns(message.header.stamp) * 1e-9
        self.report.frames.accounted(stamp, message.processed, message.dropped)

    def _trace(self, message: Any) -> None:
        self.report.traced(stamp_ns(message.frame_stamp) * 1e-9, self.now())

    def _gate(self, message: Any) -> None:
        self.report.judged(message.reason, message.message)

    def _state(self, message: Any) -> None:
        self.report.thought(message.state, message.reason)
        self._faults = [fault.event for fault in message.faults if fault.effect != "say"]  # those stop nothing

    def _odom(self, message: Any) -> None:
        self.report.drove(self.elapsed(), message.twist.twist.linear.x)

    def _voice(self, message: Any) -> None:
        if message.source == "speech":
            self.on_voice(message.command, message.text, float(message.confidence), self.elapsed())

    def _say(self, message: Any) -> None:
        self.report.said(self.elapsed(), message.text)

    def _ground_truth(self, message: Any) -> None:
        self.report.least_person_distance = message.least_person_distance

    def _collision(self, message: Any) -> None:
        self.report.touched(message.object_id, message.class_name, message.speed, round(self.elapsed(), 1))
