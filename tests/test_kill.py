"""SIGKILL of any one node while the car drives: /cmd_vel is zero within 0.5 s, and the node comes back."""

from __future__ import annotations

import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from car import Car
from kitt_sim.simulator import Simulator

pytestmark = [pytest.mark.slow, pytest.mark.ros]

ZERO_WITHIN_S = 0.5

# the simulator's pictures go nowhere and the camera node shows a picture of the street instead
CAMERA_LAUNCH = """
<launch>
  <arg name="picture"/>
  <node pkg="kitt_sim" exec="simulator_node" name="simulator" respawn="true">
    <remap from="camera/image_raw" to="unused/image_raw"/>
    <remap from="camera/camera_info" to="unused/camera_info"/>
  </node>
  <node pkg="kitt_perception" exec="camera_node" name="camera" output="screen" respawn="true" respawn_delay="0.5">
    <param name="source" value="$(var picture)" type="str"/>
    <param name="loop" value="true"/>
    <param name="horizontal_fov" value="1.2217"/>
  </node>
  <node pkg="kitt_perception" exec="detector_node" name="detector" respawn="true"/>
  <node pkg="kitt_control" exec="controller_node" name="controller" respawn="true">
    <param from="$(find-pkg-share kitt_bringup)/config/car_builtin.yaml"/>
  </node>
  <node pkg="kitt_control" exec="safety_gate_node" name="safety_gate" respawn="true">
    <param from="$(find-pkg-share kitt_bringup)/config/car_builtin.yaml"/>
  </node>
</launch>
"""


def drive_and_kill(car, name: str) -> None:
    car.listen("/cmd_vel", "/tracks", "/kitt/state", "/odom")
    car.wait_until_up()
    car.drive()
    before = car.session.processes[name]
    killed_at = time.monotonic()
    assert car.session.kill(name) == before
    car.wait_for(lambda: car.session.processes.get(name, before) != before, 10.0, f"{name}'s return")
    # A node that is back within a second may let the car go on; until it can speak again nothing moves.
    speaks_at = max(time.monotonic(), killed_at + ZERO_WITHIN_S) + 0.3
    time.sleep(2.0)
    moving = [t - killed_at for t, m in car.since("/cmd_vel", killed_at) if m.twist.linear.x != 0.0 and t < speaks_at]
    print(f"{name}: last velocity {max(moving, default=0.0) * 1000:.0f} ms after the kill")
    assert not [t for t in moving if t > ZERO_WITHIN_S], f"/cmd_vel still moved {moving} s after {name} was killed"
    back_at = time.monotonic()
    car.wait_for(
        lambda: all(car.since(topic, back_at + 0.5) for topic in ("/cmd_vel", "/tracks", "/odom", "/kitt/state")),
        30.0,
        f"everything speaking after {name}'s return",
    )
    # it obeys again
    car.type_line("stop")
    car.wait_for(lambda: car.speed_wished() == 0.0, 5.0, "the stop")
    car.drive()


@pytest.mark.parametrize("name", ["simulator", "detector", "controller", "safety_gate"])
def test_kill_while_driving(name):
    with Car(sim="builtin") as car:
        drive_and_kill(car, name)


def test_kill_the_camera_while_driving(tmp_path: Path):
    simulator = Simulator("street", seed=0)
    pictures = tmp_path / "street"
    pictures.mkdir()
    rng, street = np.random.default_rng(1), simulator.render()
    for number in range(12):  # with a camera's noise: one and the same picture while the car moves is a fault
        noise = rng.normal(0.0, 3.0, street.shape)
        cv2.imwrite(str(pictures / f"{number:02}.png"), np.clip(street + noise, 0, 255).astype(np.uint8))
    file = tmp_path / "camera.launch.xml"
    file.write_text(CAMERA_LAUNCH)
    with Car(file, picture=str(pictures)) as car:
        drive_and_kill(car, "camera")
