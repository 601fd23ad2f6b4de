"""The built-in simulator as a node: it takes /cmd_vel and gives what a real base, camera and scanner would."""

from __future__ import annotations

import sys
import threading
import time
from typing import Any

from kitt_core.convert import stamp_ns
from kitt_core.geometry import Twist2D
from kitt_core.health import Level
from kitt_core.node import KittNode, run
from kitt_sim import assets
from kitt_sim.camera_fault import CameraFault
from kitt_sim.car import Car
from kitt_sim.nodes.outputs import MOTION, SENSORS, Outputs, truth_of
from kitt_sim.parameters import SimulatorParameters
from kitt_sim.simulator import Simulator

STEP_S = 0.02
MAX_CATCH_UP = 25
"""Steps made up at most after a stall; beyond that the world pauses instead of leaping."""


class Simulation(KittNode):
    """Physics at 50 Hz in the executor's thread, pictures in one of their own, so that neither waits for the other."""

    node_name = "simulator"
    parameters = SimulatorParameters

    def on_setup(self) -> None:
        params: SimulatorParameters = self.params
        self._simulator = Simulator(params.world, seed=params.seed)
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._running = False
        self._refused = self._rendered = 0
        self._next = dict.fromkeys(("camera", "scan", "odom", "imu", "clock"), 0.0)
        names = (*SENSORS, *MOTION, *(("clock",) if params.publish_clock else ()))
        self._out = Outputs(self.advertise, names, self.get_logger().warning)
        self._fault = CameraFault()
        self.listen("/cmd_vel", self._command, newest_only=True)
        self.listen("/sim/event", self._event)

    def on_start(self) -> None:
        # simulated time continues the system's, so that nodes with and without use_sim_time agree at speed 1
        self._epoch = time.time_ns() - int(self._simulator.time * 1e9)
        self._last, self._owed = time.monotonic(), 0.0
        self._out.static(Car(), self._stamp_ns())
        self._running = True
        self._painter = threading.Thread(target=self._paint, name="renderer", daemon=True)
        self._painter.start()
        self.every(STEP_S, self._tick)
        missing = assets.missing()
        if missing:
            self.set_status(Level.WARN, f"plain bodies instead of {' and '.join(missing)}: fetch the assets")

    def on_stop(self) -> None:
        self._running = False
        self._wake.set()
        self._painter.join(timeout=2.0)
        self._simulator.command(Twist2D(0.0, 0.0))

    def on_teardown(self) -> None:
        del self._simulator

    def _stamp_ns(self) -> int:
        return int(self._epoch + self._simulator.time * 1e9)

    def _command(self, message: Any) -> None:
        age = (self._stamp_ns() - stamp_ns(message.header.stamp)) * 1e-9
        twist = Twist2D(message.twist.linear.x, message.twist.angular.z)
        if abs(age) > self.params.max_command_age or not twist.is_finite:
            self._refused += 1  # the vehicle brakes by itself when no fresh command comes
            return
        with self._lock:
            self._simulator.command(twist)

    def _event(self, message: Any) -> None:
        if not self._fault.take(message.data):
            with self._lock:
                self._simulator.actors.raise_event(message.data)

    def _tick(self) -> None:
        if not self._running:
            return
        now = time.monotonic()
        self._owed += (now - self._last) * self.params.speed / STEP_S
        self._last = now
        steps = min(int(self._owed), MAX_CATCH_UP)
        lost = max(self._owed - steps - 1.0, 0.0)
        self._owed -= steps + lost
        if self.params.speed == 1.0:
            self._epoch += int(lost * STEP_S * 1e9)  # stamps keep up with the system's time
        for _ in range(steps):
            with self._lock:
                self._simulator.step(STEP_S)
            self._publish_due()

    def _due(self, what: str, rate: float) -> bool:
        if self._simulator.time + 1e-9 < self._next[what]:
            return False
        self._next[what] = max(self._next[what] + 1.0 / rate, self._simulator.time)
        return True

    def _publish_due(self) -> None:
        simulator, params = self._simulator, self.params
        if self._due("clock", params.clock_rate):
            self._out.clock(self._stamp_ns())
        if self._due("odom", params.odom_rate):
            self._out.motion(simulator, self._stamp_ns())
        if self._due("imu", params.imu_rate):
            self._out.imu(simulator.imu(), simulator.imu_spec, self._stamp_ns())
        if self._due("scan", params.scan_rate):
            self._out.scan(simulator.scan(), simulator.scanner, self._stamp_ns())
        if self._due("camera", params.camera_rate):
            self._wake.set()
        self._out.news(simulator, self._stamp_ns())

    def _paint(self) -> None:
        while self._running:
            if not self._wake.wait(timeout=0.2) or not self._running:
                continue
            self._wake.clear()
            with self._lock:
                simulator = self._simulator
                pose, walkers, colours = simulator.state.pose, list(simulator.walkers), list(simulator.colours)
                stamp = self._stamp_ns()
                truth = truth_of(simulator, stamp)
            picture = self._fault.apply(simulator.render_from(pose, walkers, colours))
            self._out.picture(picture, simulator.camera, stamp)
            self._out.truth(truth)
            self._rendered += 1


def main() -> int:
    """Entry point."""
    return run(Simulation)


if __name__ == "__main__":
    sys.exit(main())
