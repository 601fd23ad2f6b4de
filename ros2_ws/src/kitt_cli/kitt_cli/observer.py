"""A node that looks at a running car: which topics there are, their types, subscriptions that fit their publishers."""

from __future__ import annotations

import difflib
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from kitt_core.contract import TOPICS, graph_name
from kitt_core.middleware import prepare_environment
from kitt_inference.errors import KittError


class Observer:
    """Made by `observer()`. Subscribes by contract, or by what the topic's publishers offer."""

    def __init__(self, node: Any, executor: Any) -> None:
        self.node = node
        self._executor = executor

    def spin(self, seconds: float, until: Callable[[], bool] = lambda: False) -> bool:
        """Let callbacks run; True as soon as `until` is."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if until():
                return True
            self._executor.spin_once(timeout_sec=min(left, 0.05))
        return until()

    def full_name(self, name: str) -> str:
        """The topic's name in the graph: absolute, with our namespace where it is one of the contract."""
        absolute = name if name.startswith("/") else f"/{name}"
        if absolute not in TOPICS:
            return absolute
        return str(self.node.resolve_topic_name(graph_name(absolute)))

    def graph(self) -> dict[str, str]:
        """Name to type of every topic that anybody publishes or reads."""
        return {name: types[0] for name, types in self.node.get_topic_names_and_types()}

    def type_of(self, name: str, seconds: float = 3.0) -> str:
        """A topic's type from the graph, else from the contract.

        Raises:
            KittError: neither knows it; names the near ones.
        """
        full = self.full_name(name)
        contract = TOPICS.get(name if name.startswith("/") else f"/{name}")
        if contract is not None:
            return contract.type
        if self.spin(seconds, lambda: full in self.graph()):
            return self.graph()[full]
        names = sorted(set(self.graph()) | set(TOPICS))
        near = difflib.get_close_matches(full, names, n=3, cutoff=0.4)
        raise KittError(
            f"there is no topic {full}", f"is {' or '.join(near)} meant?" if near else "see `kitt topic list`"
        )

    def qos(self, name: str, depth: int) -> Any:
        """A QoS profile that receives from the topic's publishers: the contract's, else what they offer."""
        from rclpy.qos import QoSDurabilityPolicy, QoSProfile, QoSReliabilityPolicy

        contract = TOPICS.get(name if name.startswith("/") else f"/{name}")
        if contract is not None:
            reliable, latched = contract.reliable, contract.latched
        else:
            offered = [info.qos_profile for info in self.node.get_publishers_info_by_topic(self.full_name(name))]
            reliable = bool(offered) and all(qos.reliability == QoSReliabilityPolicy.RELIABLE for qos in offered)
            latched = bool(offered) and all(qos.durability == QoSDurabilityPolicy.TRANSIENT_LOCAL for qos in offered)
        return QoSProfile(
            depth=depth,
            reliability=QoSReliabilityPolicy.RELIABLE if reliable else QoSReliabilityPolicy.BEST_EFFORT,
            durability=QoSDurabilityPolicy.TRANSIENT_LOCAL if latched else QoSDurabilityPolicy.VOLATILE,
        )

    def subscribe(self, name: str, callback: Callable[..., None], *, depth: int = 100, raw: bool = False) -> str:
        """Subscribe; the callback may take (message) or (message, info). Returns the topic's type.

        Raises:
            KittError: the topic or its type is unknown here.
        """
        from kitt_core.ports import message_type

        type_name = self.type_of(name)
        message_class = message_type(type_name)
        self.node.create_subscription(message_class, self.full_name(name), callback, self.qos(name, depth), raw=raw)
        return type_name

    def follow_sim_time(self) -> None:
        """Take the time from /clock where somebody publishes it, so that ages are right in a simulator."""
        from rclpy.parameter import Parameter

        if self.node.count_publishers("/clock"):
            self.node.set_parameters([Parameter("use_sim_time", value=True)])


@contextmanager
def observer(kind: str, arguments: list[str] | None = None) -> Iterator[Observer]:
    """An `Observer` for the time of a with statement; `arguments` may hold --ros-args.

    Raises:
        KittError: rclpy is not installed.
    """
    prepare_environment()
    try:
        import rclpy
        from rclpy.executors import SingleThreadedExecutor
        from rclpy.signals import SignalHandlerOptions
    except ImportError as error:
        raise KittError(f"rclpy cannot be imported: {error}", "source ROS 2, or run ./kitt setup") from error
    context = rclpy.Context()
    rclpy.init(args=arguments, context=context, signal_handler_options=SignalHandlerOptions.NO)
    namespace = os.environ.get("KITT_NAMESPACE", "")
    node = rclpy.create_node(f"kitt_{kind}_{os.getpid()}", namespace=namespace, context=context)
    # not the one driven by events: rclpy 7.1.6's fails on raw subscriptions («null argument to internal routine»)
    executor = SingleThreadedExecutor(context=context)
    executor.add_node(node)
    try:
        yield Observer(node, executor)
    finally:
        executor.shutdown()
        node.destroy_node()
        rclpy.try_shutdown(context=context)
