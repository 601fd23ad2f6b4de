"""Gazebo Harmonic's systems, by file and class name; its topics are those that the ros_gz bridge hands on."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from kitt_sim.car import Car
from kitt_sim.elements import element as e

AXES = ("x", "y", "yaw")
"""Of somebody's joints."""

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
        e("topic", "base/cmd_vel"), e("odom_topic", "base/odometry"), e("tf_topic", "base/tf"),
    )  # fmt: skip
    # the drive's own odometry slips as wheels do; this is where the car truly is, in the world's frame
    truth = plugin(
        "odometry-publisher", "OdometryPublisher", e("odom_topic", "base/pose"), e("tf_topic", "base/pose_tf"),
        e("odom_frame", "world"), e("robot_base_frame", "base_link"), e("odom_publish_frequency", ODOM_RATE_HZ),
        e("dimensions", 2),
    )  # fmt: skip
    return [drive, truth]


def person(name: str, gain: float, damping: float) -> list[ET.Element]:
    """Controllers of the rails and the pivot."""
    return [
        plugin("joint-position-controller", "JointPositionController", e("joint_name", axis),
               e("topic", f"{name}/{axis}"), e("p_gain", gain), e("i_gain", 0.0), e("d_gain", damping),
               e("cmd_max", 40.0), e("cmd_min", -40.0))
        for axis in AXES
    ]  # fmt: skip
