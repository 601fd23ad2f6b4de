"""The node over real DDS, in a process of its own."""

import math
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

# rates in real time: while the machine does something else, fewer messages come
pytestmark = [pytest.mark.ros, pytest.mark.slow, pytest.mark.flaky(reruns=1)]
rclpy = pytest.importorskip("rclpy")
pytest.importorskip("kitt_interfaces.msg", reason="the workspace is not built")

from geometry_msgs.msg import TwistStamped  # noqa: E402
from rclpy.executors import SingleThreadedExecutor  # noqa: E402

from kitt_core.contract import TOPICS, graph_name  # noqa: E402
from kitt_core.convert import msg_to_image, stamp_ns  # noqa: E402
from kitt_core.middleware import prepare_environment  # noqa: E402
from kitt_core.ports import message_type, qos_of  # noqa: E402
from kitt_sim.parameters import SimulatorParameters  # noqa: E402

DOMAIN = 100 + os.getpid() % 100
HEARD = (
    "/camera/image_raw",
    "/camera/camera_info",
    "/scan",
    "/odom",
    "/imu",
    "/tf",
    "/tf_static",
    "/clock",
    "/sim/ground_truth",
)


class Car:
    """A listener and a driver."""

    def __init__(self):
        self.context = rclpy.Context()
        prepare_environment()
        rclpy.init(context=self.context, domain_id=DOMAIN)
        self.node = rclpy.create_node("driver", context=self.context)
        self.executor = SingleThreadedExecutor(context=self.context)
        self.executor.add_node(self.node)
        self.got = {name: [] for name in HEARD}
        for name in HEARD:
            row = TOPICS[name]
            self.node.create_subscription(
                message_type(row.type),
                graph_name(name),
                lambda m, n=name: self.got[n].append((time.time_ns(), m)),
                qos_of(row),
            )
        self.cmd = self.node.create_publisher(TwistStamped, "cmd_vel", qos_of(TOPICS["/cmd_vel"]))

    def last(self, name):
        return self.got[name][-1][1]

    def spin(self, seconds, speed=None, age=0.0):
        end, due = time.monotonic() + seconds, 0.0
        while time.monotonic() < end:
            self.executor.spin_once(timeout_sec=0.01)
            if speed is not None and time.monotonic() >= due:
                due = time.monotonic() + 0.05
                message = TwistStamped()
                now = time.time_ns() - int(age * 1e9)
                message.header.stamp.sec, message.header.stamp.nanosec = divmod(now, 10**9)
                message.twist.linear.x = speed
                self.cmd.publish(message)

    def wait(self, name, timeout=20.0):
        end = time.monotonic() + timeout
        while not self.got[name]:
            assert time.monotonic() < end, f"nothing on {name}"
            self.spin(0.1)

    def close(self):
        self.node.destroy_node()
        rclpy.shutdown(context=self.context)


def start():
    env = {**os.environ, "ROS_DOMAIN_ID": str(DOMAIN)}
    command = [sys.executable, "-m", "kitt_sim.nodes.simulator_node", "--ros-args", "-p", "world:=empty"]
    return subprocess.Popen(command, env=env)


def stop(process):
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
    return process.wait(timeout=10)


def test_the_node_drives_and_sees_and_comes_back():
    car, process = Car(), start()
    try:
        car.wait("/camera/image_raw")
        car.wait("/tf_static")
        assert "imu_link" in {t.child_frame_id for t in car.last("/tf_static").transforms}
        for heard in car.got.values():
            heard.clear()
        car.spin(4.0, speed=1.0)
        rates = {name: len(heard) / 4.0 for name, heard in car.got.items()}
        wanted = SimulatorParameters()
        assert rates["/camera/image_raw"] == pytest.approx(wanted.camera_rate, rel=0.14), rates
        assert rates["/scan"] == pytest.approx(wanted.scan_rate, rel=0.1), rates
        assert rates["/imu"] == pytest.approx(wanted.imu_rate, rel=0.1), rates
        assert rates["/odom"] == pytest.approx(wanted.odom_rate, rel=0.1), rates
        ages = [at - stamp_ns(m.header.stamp) for at, m in car.got["/camera/image_raw"]]
        assert np.percentile(ages, 50) < 0.1e9, f"pictures are {np.percentile(ages, 50) * 1e-6:.0f} ms old"

        picture, info = car.last("/camera/image_raw"), car.last("/camera/camera_info")
        assert msg_to_image(picture).shape == (480, 640, 3)
        assert msg_to_image(picture).std() > 20
        assert picture.header.frame_id == "camera_optical_frame" == info.header.frame_id
        assert info.k[0] == pytest.approx(320 / math.tan(math.radians(35)))
        stamps = {stamp_ns(m.header.stamp) for _, m in car.got["/camera/camera_info"]}
        # the newest picture's own camera_info may still be under way, and the first ones' came before we listened
        pictures = car.got["/camera/image_raw"]
        older = [stamp_ns(m.header.stamp) for _, m in pictures[len(pictures) // 2 : -1]]
        assert older
        assert set(older) <= stamps
        imu = car.last("/imu")
        assert imu.header.frame_id == "imu_link"
        assert imu.linear_acceleration.z == pytest.approx(9.81, abs=0.3)
        for covariance in (imu.orientation_covariance, imu.angular_velocity_covariance,
                           imu.linear_acceleration_covariance):  # fmt: skip
            assert min(covariance[0], covariance[4], covariance[8]) > 0.0  # 0 would be unknown, -1 not given
        odom = car.last("/odom")
        assert odom.header.frame_id == "odom"
        assert odom.child_frame_id == "base_link"
        assert odom.twist.twist.linear.x == pytest.approx(1.0, abs=1e-6)
        assert 2.5 < odom.pose.pose.position.x < 4.2
        assert car.last("/sim/ground_truth").car.position.x == pytest.approx(odom.pose.pose.position.x, abs=0.2)
        assert len(car.last("/scan").ranges) == 360
        assert min(car.last("/scan").ranges) > 1.0

        # commands stop: the car brakes within its timeout and braking time
        quiet = time.time_ns()
        car.spin(1.0)
        still = [at for at, m in car.got["/odom"] if at > quiet and m.twist.twist.linear.x == 0.0]
        assert still, "the car drives on without commands"
        assert (still[0] - quiet) * 1e-9 < 0.25 + 1.0 / 4.0 + 0.15
        # old commands do not move it
        before = car.last("/odom").pose.pose.position.x
        car.spin(1.0, speed=1.0, age=0.4)
        assert car.last("/odom").pose.pose.position.x == before

        process.kill()
        process.wait()
        process = start()
        car.got["/camera/image_raw"].clear()
        car.wait("/camera/image_raw")
        assert stop(process) == 0
    finally:
        if process.poll() is None:
            process.kill()
        car.close()
