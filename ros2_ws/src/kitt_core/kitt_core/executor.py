"""The executor of all our processes. Imports rclpy."""

from __future__ import annotations

from typing import Any

from rclpy.executors import SingleThreadedExecutor

try:
    from rclpy.experimental.events_executor import EventsExecutor
except ImportError:  # Humble has none
    EventsExecutor = None


def make_executor() -> Any:
    """A single-threaded executor; where rclpy has it, the one driven by events.

    The plain one builds its set of things to wait for anew for every few callbacks: at a car's 150 messages a second
    that alone costs a tenth of a core a node.
    """
    return SingleThreadedExecutor() if EventsExecutor is None else EventsExecutor()
