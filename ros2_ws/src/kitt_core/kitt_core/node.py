"""The node that every KITT node is: a lifecycle node that starts itself, checks its parameters, reports its health."""

from __future__ import annotations

import dataclasses
import os
import signal
import time
from collections.abc import Callable
from typing import Any, ClassVar

import rclpy
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rcl_interfaces.msg import SetParametersResult
from rclpy.clock import Clock, ClockType
from rclpy.executors import ExternalShutdownException
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.parameter import Parameter
from rclpy.signals import SignalHandlerOptions

from kitt_core.contract import topic
from kitt_core.errors import KittError
from kitt_core.executor import make_executor
from kitt_core.health import Level
from kitt_core.middleware import prepare_environment
from kitt_core.parameters import changed
from kitt_core.ports import ContractPublisher, ContractSubscription
from kitt_core.ros_parameters import declare, plain_value


@dataclasses.dataclass(frozen=True)
class NoParameters:
    """For nodes that have none."""


class KittNode(LifecycleNode):
    """Subclasses set `node_name` and `parameters` and fill in the hooks.

    Hooks: `on_setup` (configure), `on_start` (activate), `on_stop` (deactivate), `on_teardown` (cleanup), and
    `on_parameters(old, new)` after a change at run time. `KittError` raised in `on_setup`, `on_start` or
    `on_parameters` refuses the transition or the change with its words.
    """

    node_name: ClassVar[str] = "kitt"
    parameters: ClassVar[type] = NoParameters

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(self.node_name, **kwargs)
        self._publishers_of_contract: list[ContractPublisher] = []
        self._subscriptions_of_contract: list[ContractSubscription] = []
        self._kitt_timers: list[Any] = []
        self._status: tuple[Level, str, dict[str, Any]] = (Level.OK, "starting", {})
        self._refusal = ""
        self._steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.params: Any = declare(self, self.parameters)
        self.add_on_set_parameters_callback(self._set_parameters)
        self._diagnostics = self.create_publisher(DiagnosticArray, "/diagnostics", 20)
        self.create_timer(1.0, self._publish_diagnostics, clock=self._steady)

    # hooks -------------------------------------------------------------------------------------------------------
    def on_setup(self) -> None:
        """Make publishers and subscriptions, load models."""

    def on_start(self) -> None:
        """Begin to work."""

    def on_stop(self) -> None:
        """Stop working; what moves must be told to stand still here."""

    def on_teardown(self) -> None:
        """Let go of what `on_setup` took."""

    def on_parameters(self, old: Any, new: Any) -> None:
        """Parameters are about to change at run time; raise KittError to refuse."""

    # what subclasses call ----------------------------------------------------------------------------------------
    def advertise(self, name: str) -> ContractPublisher:
        """A publisher with the contract's type and QoS."""
        publisher = ContractPublisher(self, topic(name))
        self._publishers_of_contract.append(publisher)
        return publisher

    def listen(self, name: str, callback: Callable[[Any], None], *, newest_only: bool = False) -> ContractSubscription:
        """Subscribe with the contract's QoS; ``newest_only`` where an older message is worth nothing."""
        subscription = ContractSubscription(self, topic(name), callback, newest_only)
        self._subscriptions_of_contract.append(subscription)
        return subscription

    def ignore(self, subscription: ContractSubscription) -> None:
        """End a subscription that `listen` made."""
        self._subscriptions_of_contract.remove(subscription)
        subscription.destroy()

    def every(self, period_s: float, callback: Callable[[], None]) -> Any:
        """A timer on the steady clock, which neither a jump of the system's clock nor simulated time disturbs."""
        timer = self.create_timer(period_s, callback, clock=self._steady)
        self._kitt_timers.append(timer)
        return timer

    def now(self) -> int:
        """ROS time in ns."""
        return int(self.get_clock().now().nanoseconds)

    def set_status(self, level: Level, message: str, **values: Any) -> None:
        """What /diagnostics says of this node until the next call."""
        self._status = (level, message, values)

    # lifecycle ---------------------------------------------------------------------------------------------------
    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        return self._transition(self.on_setup, "configured", lambda: super(KittNode, self).on_configure(state))

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        return self._transition(self.on_start, "running", lambda: super(KittNode, self).on_activate(state))

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        return self._transition(self.on_stop, "stopped", lambda: super(KittNode, self).on_deactivate(state))

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        result = self._transition(self.on_teardown, "unconfigured", lambda: super(KittNode, self).on_cleanup(state))
        self._drop_ports()
        return result

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        if state.label == "active":
            self._transition(self.on_stop, "stopped", lambda: TransitionCallbackReturn.SUCCESS)
        if state.label in ("active", "inactive"):
            self._transition(self.on_teardown, "finalized", lambda: TransitionCallbackReturn.SUCCESS)
            self._drop_ports()
        return super().on_shutdown(state)

    def start(self) -> bool:
        """Configure and activate (autostart); False when a hook refused."""
        for transition in (self.trigger_configure, self.trigger_activate):
            if transition() is not TransitionCallbackReturn.SUCCESS:
                return False
        return True

    @property
    def refusal(self) -> str:
        """Why the last transition was refused."""
        return self._refusal

    def _transition(
        self, hook: Callable[[], None], done: str, parent: Callable[[], TransitionCallbackReturn]
    ) -> TransitionCallbackReturn:
        try:
            hook()
        except KittError as error:
            self._refusal = str(error)
            self.set_status(Level.ERROR, self._refusal)
            self.get_logger().error(self._refusal)
            return TransitionCallbackReturn.FAILURE
        if self._status[0] is Level.OK:
            self.set_status(Level.OK, done)
        return parent()

    def _drop_ports(self) -> None:
        for timer in self._kitt_timers:
            self.destroy_timer(timer)
        for publisher in self._publishers_of_contract:
            publisher.destroy()
        for subscription in self._subscriptions_of_contract:
            subscription.destroy()
        self._kitt_timers.clear()
        self._publishers_of_contract.clear()
        self._subscriptions_of_contract.clear()

    # parameters and diagnostics ----------------------------------------------------------------------------------
    def _set_parameters(self, changes: list[Parameter]) -> SetParametersResult:
        names = {field.name for field in dataclasses.fields(self.parameters)}
        mine = {p.name: plain_value(p, self.params) for p in changes if p.name in names}
        if not mine:
            return SetParametersResult(successful=True)
        try:
            new = changed(self.params, mine)
            self.on_parameters(self.params, new)
        except KittError as error:
            return SetParametersResult(successful=False, reason=str(error))
        self.params = new
        return SetParametersResult(successful=True)

    def _publish_diagnostics(self) -> None:
        now = time.monotonic()
        level, message, values = self._status
        statuses = [self._diagnostic("", level, message, values)]
        ports: list[tuple[str, ContractPublisher | ContractSubscription]] = [
            *(("publishes", publisher) for publisher in self._publishers_of_contract),
            *(("hears", subscription) for subscription in self._subscriptions_of_contract),
        ]
        for verb, port in ports:
            health = port.health.judge(now)
            facts = {
                "rate_hz": f"{health.rate_hz:.2f}",
                "age_s": "" if health.age_s is None else f"{health.age_s:.4f}",
                "count": health.count,
                "refused": health.invalid,
            }
            statuses.append(self._diagnostic(f": {verb} {port.topic.name}", health.level, health.message, facts))
        array = DiagnosticArray(status=statuses)
        array.header.stamp = self.get_clock().now().to_msg()
        self._diagnostics.publish(array)

    def _diagnostic(self, suffix: str, level: Level, message: str, values: dict[str, Any]) -> DiagnosticStatus:
        return DiagnosticStatus(
            level=bytes([level]),
            name=f"{self.get_name()}{suffix}",
            message=message,
            hardware_id="kitt",
            values=[KeyValue(key=key, value=str(value)) for key, value in values.items()],
        )


def run(node_class: type[KittNode], args: list[str] | None = None) -> int:
    """The ``main`` of every node: start, spin, and on SIGINT or SIGTERM stop what moves before anything else goes.

    Returns:
        Exit status: 0 after a clean end, 1 when the node refused to start.
    """
    prepare_environment()
    stopping: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda received, _frame: stopping.append(received))
    rclpy.init(args=args, signal_handler_options=SignalHandlerOptions.NO)
    node: KittNode | None = None
    executor = make_executor()
    try:
        node = node_class()
        executor.add_node(node)
        if not node.start():
            _spin(executor, stopping, for_s=1.2)  # long enough for one /diagnostics with the reason
            return 1
        _spin(executor, stopping)
    except KittError as error:
        os.write(2, f"error: {error}\n".encode())
        return 1
    except ExternalShutdownException:
        pass
    finally:
        if node is not None:
            node.trigger_shutdown()
            executor.remove_node(node)
            node.destroy_node()
        rclpy.try_shutdown()
    return 0


def _spin(executor: Any, stopping: list[int], for_s: float | None = None) -> None:
    end = None if for_s is None else time.monotonic() + for_s
    while not stopping and (end is None or time.monotonic() < end):
        executor.spin_once(timeout_sec=0.1)
