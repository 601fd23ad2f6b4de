"""Publishers and subscriptions made from the topic contract. Imports rclpy."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable
from typing import Any

from rclpy.lifecycle import LifecycleNode
from rclpy.qos import QoSDurabilityPolicy, QoSHistoryPolicy, QoSProfile, QoSReliabilityPolicy

from kitt_core.contract import Topic, graph_name
from kitt_core.errors import KittError
from kitt_core.health import TopicHealth


def message_type(name: str) -> Any:
    """The Python class of a message type such as ``sensor_msgs/msg/Image``.

    Raises:
        KittError: the package of the message is not installed or not built.
    """
    package, _, kind = name.partition("/msg/")
    try:
        return getattr(importlib.import_module(f"{package}.msg"), kind)
    except (ImportError, AttributeError) as error:
        raise KittError(
            f"there is no message type {name}",
            f"build the workspace (./kitt setup) or install ros-{{distribution}}-{package.replace('_', '-')}",
        ) from error


def qos_of(topic: Topic, *, newest_only: bool = False) -> QoSProfile:
    """The QoS profile of a topic; ``newest_only`` keeps one message, so that an older one never waits."""
    return QoSProfile(
        history=QoSHistoryPolicy.KEEP_LAST,
        depth=1 if newest_only else topic.depth,
        reliability=QoSReliabilityPolicy.RELIABLE if topic.reliable else QoSReliabilityPolicy.BEST_EFFORT,
        durability=QoSDurabilityPolicy.TRANSIENT_LOCAL if topic.latched else QoSDurabilityPolicy.VOLATILE,
    )


def stamp_age_s(message: Any, now_ns: int) -> float | None:
    """Age in s of a message's header stamp; None where it has no header or the stamp is not set."""
    header = getattr(message, "header", None)
    if header is None:
        return None
    stamp_ns = header.stamp.sec * 1_000_000_000 + header.stamp.nanosec
    return None if stamp_ns == 0 else (now_ns - stamp_ns) * 1e-9


class ContractPublisher:
    """Publishes one topic of the contract and counts what it publishes."""

    def __init__(self, node: LifecycleNode, row: Topic) -> None:
        self.topic = row
        self.health = TopicHealth(row)
        self.health.start(time.monotonic())
        self._node = node
        self.message_class: Any = message_type(row.type)
        self._publisher = node.create_publisher(self.message_class, graph_name(row.name), qos_of(row))

    def publish(self, message: Any) -> None:
        """Publish; a publisher that was destroyed meanwhile ignores it."""
        if self._publisher is None:
            return
        self._publisher.publish(message)
        age = None if self.topic.latched else stamp_age_s(message, self._node.get_clock().now().nanoseconds)
        self.health.seen(time.monotonic(), age)

    @property
    def wanted(self) -> bool:
        """Whether anybody subscribes."""
        return self._publisher is not None and self._publisher.get_subscription_count() > 0

    def destroy(self) -> None:
        if self._publisher is not None:
            self._node.destroy_publisher(self._publisher)
            self._publisher = None


class ContractSubscription:
    """Subscribes to one topic of the contract; a callback's exception is counted and reported, not fatal."""

    def __init__(self, node: LifecycleNode, row: Topic, callback: Callable[[Any], None], newest_only: bool) -> None:
        self.topic = row
        self.health = TopicHealth(row)
        self.health.start(time.monotonic())
        self.last_error = ""
        self._node = node
        self._callback = callback
        self._subscription = node.create_subscription(
            message_type(row.type),
            graph_name(row.name),
            self._receive,
            qos_of(row, newest_only=newest_only),
        )

    def _receive(self, message: Any) -> None:
        self.health.seen(time.monotonic(), stamp_age_s(message, self._node.get_clock().now().nanoseconds))
        try:
            self._callback(message)
        except Exception as error:  # a bad message must not end the node
            self.health.refused()
            self.last_error = f"{type(error).__name__}: {error}"
            self._node.get_logger().error(
                f"{self.topic.name}: a message was refused: {self.last_error}", throttle_duration_sec=2.0
            )

    def destroy(self) -> None:
        self._node.destroy_subscription(self._subscription)
