"""The lifecycle node over real DDS: autostart, refusals, parameters at run time, diagnostics, bad messages, the end."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="ROS is not there: ./kitt test brings it")
pytest.importorskip("kitt_interfaces.msg", reason="the workspace is not built: ./kitt setup")

import rclpy
from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter

from kitt_core.contract import graph_name, topic
from kitt_core.middleware import prepare_environment
from kitt_core.ports import message_type, qos_of

pytestmark = pytest.mark.ros

PROGRAM = """
import dataclasses, sys
from kitt_core.errors import KittError
from kitt_core.node import KittNode, run
from kitt_core.parameters import param

@dataclasses.dataclass(frozen=True)
class Example:
    speed: float = param(1.0, "greatest speed", unit="m/s", low=0.0, high=3.0)
    model: str = param("auto", "which model", fixed=True)
    refuse: bool = param(False, "refuse to start", fixed=True)

class ExampleNode(KittNode):
    node_name = "example"
    parameters = Example
    def on_setup(self):
        if self.params.refuse:
            raise KittError("the thing is missing", "bring the thing")
        self.out = self.advertise("/odom")
        self.every(0.02, lambda: self.out.publish(self.out.message_class()))
        self.listen("/battery_state", self.battery)
    def battery(self, message):
        1 / message.voltage
    def on_stop(self):
        print("stopped what moves", flush=True)

sys.exit(run(ExampleNode))
"""


@dataclasses.dataclass
class Probe:
    node: object
    process: subprocess.Popen

    def spin(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            rclpy.spin_once(self.node, timeout_sec=0.05)

    def listen(self, name: str) -> list:
        heard: list = []
        row = topic(name)
        self.node.create_subscription(message_type(row.type), graph_name(name), heard.append, qos_of(row))
        return heard

    def set(self, name: str, value: object):
        client = self.node.create_client(SetParameters, "/example/set_parameters")
        assert client.wait_for_service(10.0)
        request = SetParameters.Request(parameters=[Parameter(name, value=value).to_parameter_msg()])
        future = client.call_async(request)
        rclpy.spin_until_future_complete(self.node, future, timeout_sec=10.0)
        return future.result().results[0]


def start(tmp_path: Path, *arguments: str) -> subprocess.Popen:
    program = tmp_path / "example.py"
    program.write_text(PROGRAM)
    return subprocess.Popen(
        [sys.executable, str(program), *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@pytest.fixture
def probe(tmp_path, monkeypatch):
    monkeypatch.setenv("ROS_DOMAIN_ID", str(1 + os.getpid() % 100))
    prepare_environment()
    rclpy.init()
    node = rclpy.create_node("probe")
    process = start(tmp_path)
    yield Probe(node, process)
    process.kill()
    process.wait()
    node.destroy_node()
    rclpy.shutdown()


def test_it_starts_by_itself_and_reports_its_health(probe):
    diagnostics, odometry = probe.listen("/diagnostics"), probe.listen("/odom")
    probe.spin(5.0)
    assert len(odometry) > 50
    statuses = {status.name: status for status in diagnostics[-1].status}
    assert statuses["example"].level == b"\x00"
    assert statuses["example: publishes /odom"].level == b"\x00"
    # nobody sends a battery's state: patience is three periods of its lowest rate, so that is no fault yet
    assert "example: hears /battery_state" in statuses


def test_parameters_are_checked_at_run_time(probe):
    assert probe.set("speed", 2.0).successful
    for bad in (9.0, float("nan"), "fast"):
        assert not probe.set("speed", bad).successful
    assert not probe.set("model", "other").successful


def test_a_message_that_fails_is_counted_and_the_node_lives(probe):
    diagnostics = probe.listen("/diagnostics")
    row = topic("/battery_state")
    publisher = probe.node.create_publisher(message_type(row.type), graph_name(row.name), qos_of(row))
    probe.spin(2.0)
    for _ in range(3):
        publisher.publish(message_type(row.type)(voltage=0.0))
    probe.spin(2.5)
    assert probe.process.poll() is None
    status = next(s for s in diagnostics[-1].status if s.name.endswith("hears /battery_state"))
    assert {v.key: v.value for v in status.values}["refused"] == "3"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_what_moves_and_ends_cleanly(probe, number):
    odometry = probe.listen("/odom")
    deadline = time.monotonic() + 20.0
    while not odometry and time.monotonic() < deadline:
        probe.spin(0.2)
    assert odometry
    probe.process.send_signal(number)
    out, err = probe.process.communicate(timeout=10.0)
    assert probe.process.returncode == 0, err
    assert "stopped what moves" in out
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["-p", "speed:=99.0"], "speed"),
        (["-p", "speed:=quick"], "speed"),
        (["-p", "refuse:=true"], "bring the thing"),
    ],
)
def test_what_is_refused_at_start_says_why_in_a_line(tmp_path, monkeypatch, arguments, words):
    monkeypatch.setenv("ROS_DOMAIN_ID", str(1 + os.getpid() % 100))
    process = start(tmp_path, "--ros-args", *arguments)
    _out, err = process.communicate(timeout=20.0)
    assert process.returncode == 1
    assert words in err
    assert "Traceback" not in err
