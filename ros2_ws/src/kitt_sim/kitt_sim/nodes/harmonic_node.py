"""What Gazebo Harmonic and ros_gz_bridge leave open: people, odometry, ground truth, the camera's faults and JPEG, and
the age of commands.

Prepared, not yet run by us. Scans and IMU readings go from the bridge straight to the other nodes.
"""

from __future__ import annotations

import sys
from typing import Any

from geometry_msgs.msg import Twist
from nav_msgs.msg import Odometry as OdometryMsg
from sensor_msgs.msg import Image
from std_msgs.msg import Float64

from kitt_core.convert import msg_to_image, stamp_ns
from kitt_core.geometry import Pose2D, Twist2D, yaw_from_quaternion
from kitt_core.node import KittNode, run
from kitt_sim.camera_fault import CameraFault
from kitt_sim.car import Car
from kitt_sim.gazebo import bridge, joints
from kitt_sim.gazebo.harmonic import Harmonic
from kitt_sim.gazebo.systems import AXES
from kitt_sim.nodes.outputs import CAMERA, MOTION, Outputs, truth_of
from kitt_sim.parameters import HarmonicParameters
from kitt_sim.simulator import Simulator
from kitt_sim.vehicle import Vehicle, VehicleState
from kitt_sim.worlds import world_by_name


class HarmonicCompanion(KittNode):
    """Starts Gazebo and the bridge, moves the people, and hands on commands while they are fresh."""

    node_name = "simulator"
    parameters = HarmonicParameters

    def on_setup(self) -> None:
        params: HarmonicParameters = self.params
        world = world_by_name(params.world, params.seed)
        self._simulator, self._car = Simulator(world), Car()
        self._drive = Vehicle(world.spawn, self._car.vehicle)
        self._gazebo = Harmonic(world, window=params.window)
        self._then_ns = self._truth_ns = 0
        self._out = Outputs(self.advertise, (*CAMERA, *MOTION), self.get_logger().warning)
        self._base = self.create_publisher(Twist, bridge.BASE_COMMAND, 1)
        self._people = {
            (p.id, axis): self.create_publisher(Float64, bridge.target_topic(p.id, axis), 1)
            for p in world.people for axis in AXES
        }  # fmt: skip
        self._fault = CameraFault()
        self._pictures = self.create_subscription(Image, bridge.CAMERA, self._picture, 2)
        self._pose_of_base = self.create_subscription(OdometryMsg, bridge.BASE_POSE, self._pose, 10)
        self.listen("/cmd_vel", self._command, newest_only=True)
        self.listen("/sim/event", self._event)

    def on_start(self) -> None:
        self._out.static(self._car, self.get_clock().now().nanoseconds)
        self.every(1.0, self._check)

    def on_teardown(self) -> None:
        self._gazebo.close()

    def _check(self) -> None:
        if not self._gazebo.alive:
            self.get_logger().fatal("Gazebo or its bridge has ended")
            sys.exit(1)  # the launch file starts all of it anew

    def _command(self, message: Any) -> None:
        age = (self.get_clock().now().nanoseconds - stamp_ns(message.header.stamp)) * 1e-9
        twist = Twist2D(message.twist.linear.x, message.twist.angular.z)
        if abs(age) <= self.params.max_command_age and twist.is_finite:
            self._drive.command(twist)

    def _event(self, message: Any) -> None:
        if not self._fault.take(message.data):
            self._simulator.actors.raise_event(message.data)

    def _picture(self, message: Any) -> None:
        self._out.picture(self._fault.apply(msg_to_image(message)), self._car.camera, stamp_ns(message.header.stamp))

    def _pose(self, message: Any) -> None:
        """The car's true pose in the world: everything else follows it, in Gazebo's time."""
        now = stamp_ns(message.header.stamp)
        dt, self._then_ns = (now - self._then_ns) * 1e-9, now
        if not 0.0 < dt < 1.0:
            return
        at, q, twist = message.pose.pose.position, message.pose.pose.orientation, message.twist.twist
        self._drive.step(dt)
        pose = Pose2D(at.x, at.y, yaw_from_quaternion(q.x, q.y, q.z, q.w))
        state = VehicleState(pose, twist.linear.x, self._drive.state.steer, twist.angular.z)
        simulator = self._simulator
        wanted = simulator.observe(state, list(simulator.walkers), dt)
        drive = self._drive.state
        command = Twist()
        command.linear.x, command.angular.z = drive.speed, drive.yaw_rate
        self._base.publish(command)
        for person, walker in zip(simulator.world.people, wanted, strict=True):
            for axis, target in zip(AXES, joints.displacement(person, walker), strict=True):
                self._people[person.id, axis].publish(Float64(data=target))
        self._publish(now)

    def _publish(self, now: int) -> None:
        self._out.motion(self._simulator, now)
        self._out.news(self._simulator, now)
        if (now - self._truth_ns) * 1e-9 >= 1.0 / self.params.truth_rate:
            self._truth_ns = now
            self._out.truth(truth_of(self._simulator, now))


def main() -> int:
    """Entry point."""
    return run(HarmonicCompanion)


if __name__ == "__main__":
    sys.exit(main())
