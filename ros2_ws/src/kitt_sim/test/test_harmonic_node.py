"""The companion of Gazebo Harmonic with a bridge of our own making: what it makes of poses, pictures and commands."""

import os
import time
from types import SimpleNamespace

import numpy as np
import pytest

pytestmark = [pytest.mark.ros, pytest.mark.slow]
rclpy = pytest.importorskip("rclpy")
pytest.importorskip("kitt_interfaces.msg", reason="the workspace is not built")

from geometry_msgs.msg import Twist, TwistStamped  # noqa: E402
from nav_msgs.msg import Odometry  # noqa: E402
from rclpy.executors import SingleThreadedExecutor  # noqa: E402
from sensor_msgs.msg import Image  # noqa: E402
from std_msgs.msg import Float64, String  # noqa: E402

from kitt_core.contract import TOPICS, graph_name  # noqa: E402
from kitt_core.convert import image_to_msg, msg_to_image, to_stamp  # noqa: E402
from kitt_core.middleware import prepare_environment  # noqa: E402
from kitt_core.ports import message_type, qos_of  # noqa: E402
from kitt_sim.gazebo import bridge  # noqa: E402
from kitt_sim.nodes import harmonic_node  # noqa: E402
from kitt_sim.worlds import world_by_name  # noqa: E402

HEARD = ("/camera/image_raw", "/camera/camera_info", "/odom", "/sim/ground_truth", "/sim/event")


class Bridge:
    """Stands in for Gazebo and its bridge, on the topics between them and our node."""

    def __init__(self, monkeypatch):
        monkeypatch.setenv("ROS_DOMAIN_ID", str(100 + os.getpid() % 100))
        prepare_environment()
        rclpy.init()
        self.ended, self.sent = [], []
        stand_in = SimpleNamespace(alive=True, close=lambda: self.ended.append(True))
        monkeypatch.setattr(harmonic_node, "Harmonic", lambda _world, window: stand_in)
        self.node = harmonic_node.HarmonicCompanion()
        assert self.node.start()
        self.other = rclpy.create_node("bridge")
        self.got = {name: [] for name in (*HEARD, "base", "walks")}
        for name in HEARD:
            row = TOPICS[name]
            self.hear(message_type(row.type), graph_name(name), name, qos_of(row))
        self.hear(Twist, bridge.BASE_COMMAND, "base", 10)
        self.person = world_by_name("street").people[0].id
        self.hear(Float64, bridge.target_topic(self.person, "x"), "walks", 10)
        self.pose = self.other.create_publisher(Odometry, bridge.BASE_POSE, 10)
        self.camera = self.other.create_publisher(Image, bridge.CAMERA, 10)
        self.command = self.other.create_publisher(TwistStamped, "cmd_vel", qos_of(TOPICS["/cmd_vel"]))
        self.event = self.other.create_publisher(String, "sim/event", qos_of(TOPICS["/sim/event"]))
        self.executor = SingleThreadedExecutor()
        for node in (self.node, self.other):
            self.executor.add_node(node)

    def hear(self, kind, topic, name, qos):
        self.other.create_subscription(kind, topic, self.got[name].append, qos)

    def run(self, seconds, speed=0.0, age=0.0):
        """Gazebo moves the car at `speed` along x, gives pictures, and somebody commands 1 m/s, so much too late."""
        picture = np.random.default_rng(0).integers(0, 255, (48, 64, 3), np.uint8)
        spawn, end, due, x = world_by_name("street").spawn, time.monotonic() + seconds, 0.0, 0.0
        while time.monotonic() < end:
            self.executor.spin_once(timeout_sec=0.005)
            if time.monotonic() < due:
                continue
            due, x = time.monotonic() + 0.02, x + 0.02 * speed
            self.sent.append(x)
            now = time.time_ns()
            message = Odometry()
            message.header.stamp, message.twist.twist.linear.x = to_stamp(now), speed
            message.pose.pose.position.x, message.pose.pose.position.y = spawn.x + x, spawn.y
            message.pose.pose.orientation.w = 1.0
            self.pose.publish(message)
            command = TwistStamped()
            command.header.stamp, command.twist.linear.x = to_stamp(now - int(age * 1e9)), 1.0
            self.command.publish(command)
            message = image_to_msg(picture, command.header)
            message.header.stamp = to_stamp(now)
            self.camera.publish(message)

    def clear(self):
        for heard in self.got.values():
            heard.clear()

    def close(self):
        self.node.trigger_shutdown()
        self.node.destroy_node()
        self.other.destroy_node()
        rclpy.shutdown()


def test_what_the_bridge_leaves_open(monkeypatch):
    gazebo = Bridge(monkeypatch)
    got = gazebo.got
    try:
        gazebo.run(2.0, age=1.0)
        assert got["base"]
        assert all(twist.linear.x == 0.0 for twist in got["base"]), "old commands move the car"
        gazebo.clear()
        gazebo.run(2.0, speed=1.0)
        assert got["base"][-1].linear.x == pytest.approx(1.0)
        assert got["walks"]
        odom = got["/odom"][-1]
        assert (odom.header.frame_id, odom.child_frame_id) == ("odom", "base_link")
        assert odom.pose.pose.position.x in [pytest.approx(x) for x in gazebo.sent]
        assert odom.pose.pose.position.x > 0.0
        assert odom.twist.twist.linear.x == 1.0
        assert got["/sim/ground_truth"][-1].objects
        assert msg_to_image(got["/camera/image_raw"][-1]).std() > 20
        assert got["/camera/image_raw"][-1].header.frame_id == "camera_optical_frame"
        assert got["/camera/camera_info"][-1].width == 640
        gazebo.event.publish(String(data="camera is covered"))
        gazebo.run(1.0)
        assert msg_to_image(got["/camera/image_raw"][-1]).std() < 2.0
    finally:
        gazebo.close()
    assert gazebo.ended == [True]
