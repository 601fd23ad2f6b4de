"""The rest of a car, for a bench of ears, controller and gate alone: senses of an empty road, 20 times a second."""

from __future__ import annotations

import math
import threading
from typing import Any

LAUNCH = """
<launch>
  <arg name="ears" default="false"/>
  <arg name="microphone" default=""/>
  <arg name="voice" default="false"/>
  <arg name="speaker" default=""/>
  <arg name="console" default="false"/>
  <arg name="console_port" default="8080"/>
  <node pkg="kitt_voice" exec="microphone_node" name="microphone" output="screen" if="$(var ears)">
    <param name="source" value="$(var microphone)" type="str"/>
  </node>
  <node pkg="kitt_voice" exec="recogniser_node" name="recogniser" output="screen" if="$(var ears)"/>
  <node pkg="kitt_control" exec="controller_node" name="controller" output="screen"/>
  <node pkg="kitt_control" exec="safety_gate_node" name="safety_gate" output="screen"/>
  <node pkg="kitt_voice" exec="speaker_node" name="speaker" output="screen" if="$(var voice)">
    <param name="device" value="$(var speaker)" type="str"/>
  </node>
  <node pkg="kitt_console" exec="console_node" name="console" output="screen" if="$(var console)">
    <param name="port" value="$(var console_port)" type="int"/>
  </node>
</launch>
"""
"""What stands between a word and /cmd_vel."""
_PERIOD_S = 0.05
_RAYS = 180


class RestOfCar:
    """Laser, tracks, camera and odometry of a car before which nothing is. `close` ends it."""

    def __init__(self, node: Any) -> None:
        from kitt_core.contract import graph_name, topic
        from kitt_core.ports import message_type, qos_of

        self._node = node
        self._out = []
        for name in ("/scan", "/tracks", "/camera/camera_info", "/odom"):
            row = topic(name)
            message = message_type(row.type)()
            self._out.append((message, node.create_publisher(type(message), graph_name(name), qos_of(row))))
        scan, _, info, odom = (message for message, _ in self._out)
        scan.angle_min, scan.angle_increment = -math.pi, 2 * math.pi / _RAYS
        scan.range_min, scan.range_max, scan.ranges = 0.05, 20.0, [math.inf] * _RAYS
        info.width, info.height, info.k = 640, 480, [500.0, 0.0, 320.0, 0.0, 500.0, 240.0, 0.0, 0.0, 1.0]
        odom.pose.pose.orientation.w = 1.0
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._publish, name="rest of car", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Publish no more."""
        self._end.set()
        self._thread.join(2.0)

    def _publish(self) -> None:
        while not self._end.wait(_PERIOD_S):
            stamp = self._node.get_clock().now().to_msg()
            for message, publisher in self._out:
                message.header.stamp = stamp
                publisher.publish(message)
