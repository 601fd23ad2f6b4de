"""The safety gate as a node: the only publisher of /cmd_vel, 20 times a second, zero when in doubt."""

from __future__ import annotations

import dataclasses
import sys
import time
from dataclasses import dataclass
from typing import Any

from geometry_msgs.msg import Twist
from kitt_interfaces.msg import GateState
from std_msgs.msg import Header
from std_srvs.srv import Trigger

from kitt_control.corridor import stopping_distance
from kitt_control.gate import ZERO, GateOutput, SafetyGate
from kitt_control.nodes import velocity, wire
from kitt_control.parameters import GateParameters
from kitt_control.reasons import Reason
from kitt_core.contract import graph_name, topic
from kitt_core.convert import to_stamp
from kitt_core.geometry import Twist2D
from kitt_core.health import Level
from kitt_core.node import KittNode, run
from kitt_core.parameters import param
from kitt_core.ports import qos_of

PERIOD = 0.05  # [s]


@dataclass(frozen=True)
class SafetyGateParameters(GateParameters):
    """The gate's parameters and the node's own."""

    cmd_vel_type: str = param("twist_stamped", doc="message type of /cmd_vel", choices=velocity.TYPES, fixed=True)
    wheelbase: float = param(1.2, unit="m", low=0.05, high=5.0, doc="between the axles, for ackermann_drive_stamped")
    max_steering_angle: float = param(
        0.6, unit="rad", low=0.05, high=1.5, doc="greatest steering angle, for ackermann_drive_stamped"
    )
    sim_clock_tolerance: float = param(
        2.0, unit="s", low=0.01, high=60.0, doc="clock_tolerance under simulated time, which runs as it can"
    )


class SafetyGateNode(KittNode):
    """Inputs to the gate, the gate's output to the car, its reasons to everybody."""

    node_name = "safety_gate"
    parameters = SafetyGateParameters

    def on_setup(self) -> None:
        self._gate = SafetyGate(self._limits(self.params))
        self._wish: Any = None
        self._speed = 0.0
        self._given = ZERO
        self._reason: Reason | None = None
        self._stamped = self.advertise("/cmd_vel") if self.params.cmd_vel_type == "twist_stamped" else None
        row, kind = topic("/cmd_vel"), velocity.message_class(self.params.cmd_vel_type)
        self._plain = None if self._stamped else self.create_publisher(kind, graph_name(row.name), qos_of(row))
        self._state = self.advertise("/kitt/gate")
        self._trace = self.advertise("/kitt/trace")
        self.listen("/cmd_vel_desired", self._on_wish, newest_only=True)
        self.listen("/kitt/cause", self._on_cause)
        self.listen("/scan", self._on_scan, newest_only=True)
        self.listen("/tracks", self._on_tracks)  # every frame: a wish may rest on one that was overtaken
        self.listen("/camera/camera_info", self._on_camera, newest_only=True)
        self.listen("/odom", self._on_odom, newest_only=True)
        self.listen("/emergency_stop", self._on_emergency)
        self._service = self.create_service(Trigger, "~/release_emergency_stop", self._on_release)

    def on_start(self) -> None:
        self.every(PERIOD, self._step)

    def on_stop(self) -> None:
        self._publish_velocity(ZERO, self.now())

    def on_teardown(self) -> None:
        self.destroy_service(self._service)
        if self._plain is not None:
            self.destroy_publisher(self._plain)
            self._plain = None

    def on_parameters(self, old: Any, new: Any) -> None:
        del old
        if hasattr(self, "_gate"):
            self._gate.parameters = self._limits(new)

    def _limits(self, parameters: Any) -> GateParameters:
        if self.get_parameter("use_sim_time").value:
            changed: GateParameters = dataclasses.replace(parameters, clock_tolerance=parameters.sim_clock_tolerance)
            return changed
        limits: GateParameters = parameters
        return limits

    def _times(self) -> tuple[float, float]:
        return time.monotonic(), self.now() * 1e-9

    def _on_wish(self, message: Any) -> None:
        self._wish = message
        twist = wire.to_twist2d(message.twist)
        self._gate.on_command(twist, wire.seconds(message.header.stamp), *self._times())
        if twist == ZERO and self._given != ZERO:
            self._step()  # to stand waits for no timer

    def _on_cause(self, message: Any) -> None:
        self._gate.on_cause(wire.to_provenance(message), self.now() * 1e-9)

    def _on_scan(self, message: Any) -> None:
        self._gate.on_scan(wire.to_scan(message), *self._times())

    def _on_tracks(self, message: Any) -> None:
        frame = wire.to_tracks(message)
        self._gate.on_tracks(frame.tracks, frame.stamp, *self._times())

    def _on_camera(self, message: Any) -> None:
        self._gate.on_camera(wire.to_camera(message))

    def _on_odom(self, message: Any) -> None:
        odom = wire.to_odom(message)
        self._speed = odom.linear if odom.valid() else self._speed
        self._gate.on_odom(odom, *self._times())

    def _on_emergency(self, message: Any) -> None:
        if message.data:
            self._gate.emergency_stop()
            self._publish_velocity(ZERO, self.now())  # not only at the next step

    def _on_release(self, request: Any, response: Any) -> Any:
        del request
        response.success = self._gate.release()
        response.message = "released; a new command is needed" if response.success else "no emergency stop is latched"
        return response

    def _step(self) -> None:
        steady, ros = self._times()
        try:
            output = self._gate.step(steady, ros)
        except Exception as error:  # must never be; but if it is, the car stands
            output = GateOutput(ZERO, False, Reason.COMMAND_INVALID, f"{type(error).__name__}: {error}")
            self.get_logger().error(f"the gate failed: {output.message}", throttle_duration_sec=2.0)
        now = self.now()
        self._publish_velocity(output.twist, now)
        self._publish_state(output, now)
        self._trace.publish(wire.to_trace(output.cause, output.twist, now))
        if output.reason is not self._reason:
            self.get_logger().info(f"{output.reason.code}: {output.message}")
            self._reason = output.reason
        self.set_status(Level.OK if output.allowed else Level.WARN, output.message, reason=output.reason.code)

    def _publish_velocity(self, twist: Twist2D, now: int) -> None:
        self._given = twist
        p, publisher = self.params, self._stamped or self._plain
        if publisher is not None:
            car = p.wheelbase, p.max_steering_angle
            publisher.publish(velocity.velocity_message(p.cmd_vel_type, twist, now, *car))

    def _publish_state(self, output: GateOutput, now: int) -> None:
        verdict = {Reason.OK: "pass", Reason.STANDING: "idle"}.get(
            output.reason, "limited" if output.allowed else "refused"
        )
        p = self._gate.parameters
        self._state.publish(
            GateState(
                header=Header(stamp=to_stamp(now), frame_id="base_link"),
                moving_allowed=output.allowed,
                verdict=verdict,
                reason=output.reason.code,
                message=output.message,
                desired=self._wish.twist if self._wish is not None else Twist(),
                allowed=wire.to_twist(output.twist),
                stopping_distance=stopping_distance(abs(self._speed), p.deceleration, p.reaction_time, p.stop_margin),
                clearance=float(output.details.get("free", float("inf"))),
                emergency_stop=self._gate.emergency,
            )
        )


def main() -> None:
    """Entry point."""
    sys.exit(run(SafetyGateNode))
