"""The controller as a node: commands, tracks, scan and odometry in; wish, state, causes and words out."""

from __future__ import annotations

import sys
import time
from typing import Any

from kitt_interfaces.msg import Say
from std_msgs.msg import Bool, Header

from kitt_control.arbitration import Stick
from kitt_control.behaviours import ZERO, Controller
from kitt_control.commands import Command
from kitt_control.corridor import ScanPoints, Shape, free_way, scan_points
from kitt_control.decision import GateFeedback, World
from kitt_control.nodes import reports, wire
from kitt_control.parameters import ControllerParameters
from kitt_control.self_watch import SelfWatch
from kitt_control.world import Camera, Odom, TrackFrame
from kitt_core.convert import to_stamp
from kitt_core.health import Level
from kitt_core.node import KittNode, run
from kitt_text.grammar import SlotValue, own_grammar
from kitt_text.understanding import Understander

PERIOD = 0.05  # [s]
STATE_EVERY = 4  # steps between two /kitt/state
HORIZON = 5.0  # [m] how far the way is looked at before a new motion


class ControllerNode(KittNode):
    """Messages to the controller's world, its decisions to messages."""

    node_name = "controller"
    parameters = ControllerParameters

    def on_setup(self) -> None:
        self._controller = Controller(self.params, own_grammar(self.params.grammar))
        self._understander = Understander.open(grammar=self._controller.grammar, strict=False)
        if self._understander.fault:
            self.get_logger().warning(f"typed text is understood by the grammar alone: {self._understander.fault}")
        self._frame: TrackFrame | None = None
        self._camera: Camera | None = None
        self._odom: Odom | None = None
        self._gate: GateFeedback | None = None
        self._scan: tuple[float, ScanPoints] | None = None
        self._stick: Stick | None = None
        self._self = SelfWatch()
        self._steps = 0
        self._last = ""
        self._lit: bool | None = None
        self._fault_since: dict[str, int] = {}
        self._wish = self.advertise("/cmd_vel_desired")
        self._cause = self.advertise("/kitt/cause")
        self._state = self.advertise("/kitt/state")
        self._say = self.advertise("/say")
        self._lights = self.advertise("/lights")
        self.listen("/voice/command", self._on_voice)
        self.listen("/text/input", self._on_text)
        self.listen("/tracks", self._on_tracks, newest_only=True)
        self.listen("/camera/camera_info", self._on_camera, newest_only=True)
        self.listen("/scan", self._on_scan, newest_only=True)
        self.listen("/odom", self._on_odom, newest_only=True)
        self.listen("/kitt/gate", self._on_gate, newest_only=True)
        self.listen("/cmd_vel_manual", self._on_stick, newest_only=True)
        self.listen("/diagnostics", self._on_diagnostics)
        self.listen("/battery_state", lambda m: self._self.on_battery(m.percentage, m.present))
        self.listen("/bumper", lambda m: self._self.on_bumper(m.data, time.monotonic()))

    def on_start(self) -> None:
        self.every(PERIOD, self._step)

    def on_stop(self) -> None:
        self._wish.publish(wire.to_twist_stamped(ZERO, self.now()))

    def on_parameters(self, old: Any, new: Any) -> None:
        del old
        if hasattr(self, "_controller"):
            self._controller.p = new

    def _on_voice(self, message: Any) -> None:
        grammar = self._controller.grammar
        slots = tuple(
            SlotValue(s.name, s.text, s.value, s.unit, grammar.label_of(s.text) if s.name == "object" else "")
            for s in message.slots
        )
        times = wire.seconds(message.begin), wire.seconds(message.end)
        head = message.command, slots, message.text, message.language, float(message.confidence)
        self._obey(Command(*head, message.source or "speech", *times))

    def _on_text(self, message: Any) -> None:
        understood = self._understander.understand(message.text, message.language)
        if understood.reason:
            self.get_logger().info(understood.reason)
        sent = wire.seconds(message.header.stamp)
        self._obey(Command.of(understood, "text", sent, sent))

    def _obey(self, command: Command) -> None:
        refused = self._controller.command(command, self._world())
        text = command.text[:80] or command.name
        self.get_logger().info(f"«{text}»: {f'refused ({refused})' if refused else command.name}")
        if command.name == "stop":
            self._step()  # not only at the next tick

    def _on_tracks(self, message: Any) -> None:
        frame = wire.to_tracks(message)
        if all(track.valid() for track in frame.tracks):
            self._frame = frame

    def _on_camera(self, message: Any) -> None:
        self._camera = wire.to_camera(message)

    def _on_scan(self, message: Any) -> None:
        scan = wire.to_scan(message)
        points = scan_points(scan, self.params.scan_x, self.params.scan_yaw)
        self._scan = None if points is None else (scan.stamp, points)

    def _on_odom(self, message: Any) -> None:
        odom = wire.to_odom(message)
        self._odom = odom if odom.valid() else self._odom

    def _on_gate(self, message: Any) -> None:
        feedback = (message.reason, message.moving_allowed, message.emergency_stop)
        self._gate = GateFeedback(*feedback, time.monotonic())

    def _on_stick(self, message: Any) -> None:
        twist = wire.to_twist2d(message.twist)
        self._stick = Stick(twist, wire.seconds(message.header.stamp), time.monotonic())

    def _on_diagnostics(self, message: Any) -> None:
        self._self.on_diagnostics((wire.to_status(status) for status in message.status), time.monotonic())

    def _world(self) -> World:
        p, ros = self.params, self.now() * 1e-9
        shape = Shape(p.front, p.rear, p.width, 0.0)
        ahead = back = 0.0  # without a scan there is no way
        fresh = self._scan is not None and abs(ros - self._scan[0]) <= p.data_max_age
        if self._scan is not None and fresh:
            ahead = free_way(self._scan[1].points, 1.0, 0.0, shape, HORIZON)
            back = free_way(self._scan[1].points, -1.0, 0.0, shape, HORIZON)
        now, stamp = time.monotonic(), self._scan[0] if self._scan else None
        senses = (self._frame, self._camera, self._odom, self._gate)
        points = self._scan[1].points if self._scan is not None and fresh else None
        return World(now, ros, *senses, ahead, back, stamp, points, self._stick, self._self.codes(now, p))

    def _step(self) -> None:
        world = self._world()
        decision = self._controller.tick(world)
        now = self.now()
        cause = wire.to_trace(decision.provenance(now * 1e-9), decision.desired, now)
        self._cause.publish(cause)  # first, for the gate takes no motion without it
        self._wish.publish(wire.to_twist_stamped(decision.desired, now))
        for saying in decision.sayings:
            header = Header(stamp=to_stamp(now))
            self._say.publish(Say(header=header, text=saying.text, language=saying.language, priority=saying.priority))
        self._steps += 1
        changed = decision.state.value != self._last
        if changed:
            self.get_logger().info(f"{decision.state.value}: {decision.reason}")
            self._last = decision.state.value
        if changed or self._steps % STATE_EVERY == 0:
            self._fault_since = {f.code: self._fault_since.get(f.code, now) for f in decision.faults}
            speed = self._odom.linear if self._odom else 0.0
            self._state.publish(reports.state(decision, now, speed, self._fault_since, self.params))
        if decision.lights is not self._lit:
            self._lit = decision.lights
            self._lights.publish(Bool(data=decision.lights))
        level = Level.WARN if decision.faults else Level.OK
        self.set_status(level, decision.reason, state=decision.state.value)


def main() -> None:
    """Entry point."""
    sys.exit(run(ControllerNode))
