"""Gazebo Harmonic's systems, by file and class name; its topics are those that the ros_gz bridge hands on."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from kitt_sim.car import Car
from kitt_sim.elements import element as e

ODOM_RATE_HZ = 50.0


def plugin(system: str, class_name: str, *content: ET.Element) -> ET.Element:
    """A system of Gazebo's own."""
    return e("plugin", *content, filename=f"gz-sim-{system}-system", name=f"gz::sim::systems::{class_name}")


def world() -> list[ET.Element]:
    """What every world needs: physics, sensors, the scene, commands."""
    return [
        plugin("physics", "Physics"),
        plugin("sensors", "Sensors", e("render_engine", "ogre2")),
        plugin("imu", "Imu"),
        plugin("scene-broadcaster", "SceneBroadcaster"),
        plugin("user-commands", "UserCommands"),
    ]


def sensor(dialect: str, topic: str, frame: str) -> list[ET.Element]:
    """A sensor's topic and frame, which Gazebo 11 names by itself."""
    return [] if dialect == "classic" else [e("topic", topic), e("gz_frame_id", frame)]


def car(it: Car) -> list[ET.Element]:
    """Drive, odometry and true poses."""
    wheels, spec = it.wheels, it.vehicle
    drive = plugin(
        "ackermann-steering", "AckermannSteering",
        e("left_joint", "rear_left_wheel_joint"), e("right_joint", "rear_right_wheel_joint"),
        e("left_steering_joint", "front_left_steer_joint"), e("right_steering_joint", "front_right_steer_joint"),
        e("kingpin_width", wheels.track), e("wheel_separation", wheels.track), e("wheel_base", wheels.wheelbase),
        e("wheel_radius", wheels.radius), e("steering_limit", wheels.max_steer),
        e("min_velocity", -spec.max_reverse), e("max_velocity", spec.max_speed),
        e("min_acceleration", -spec.max_brake), e("max_acceleration", spec.max_accel),
        e("topic", "cmd_vel"), e("odom_topic", "odom"), e("tf_topic", "tf"), e("frame_id", "odom"),
        e("child_frame_id", "base_link"), e("odom_publish_frequency", ODOM_RATE_HZ),
    )  # fmt: skip
    poses = plugin(
        "pose-publisher", "PosePublisher", e("publish_model_pose", True), e("publish_link_pose", False),
        e("use_pose_vector_msg", True), e("update_frequency", ODOM_RATE_HZ),
    )  # fmt: skip
    return [drive, poses]


def person(name: str, gain: float, damping: float) -> list[ET.Element]:
    """Controllers of the rails and the pivot."""
    return [
        plugin("joint-position-controller", "JointPositionController", e("joint_name", axis),
               e("topic", f"{name}/{axis}"), e("p_gain", gain), e("i_gain", 0.0), e("d_gain", damping),
               e("cmd_max", 40.0), e("cmd_min", -40.0))
        for axis in ("x", "y", "yaw")
    ]  # fmt: skip
