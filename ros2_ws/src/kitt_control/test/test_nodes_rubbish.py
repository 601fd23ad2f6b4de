"""Rubbish on every topic that gate and controller hear: no numbers, stamps of other times, megabytes of text, other
frames, floods. Nothing moves that should not, no node ends, and afterwards the car obeys."""

from __future__ import annotations

import math
import os
import random
import subprocess
import sys
import time

import pytest
from node_bench import STANDING, Car

pytestmark = [pytest.mark.ros, pytest.mark.slow]
pytest.importorskip("kitt_interfaces.msg")

HEARD = ("/scan", "/tracks", "/camera/camera_info", "/odom", "/text/input", "/voice/command", "/cmd_vel_desired",
         "/kitt/cause", "/cmd_vel_manual", "/bumper", "/battery_state", "/diagnostics", "/kitt/gate")  # fmt: skip
FLOATS = (math.nan, math.inf, -math.inf, 1e300, -1e300, 0.0, -1.0, 1e-300)
TEXTS = ("", "\x00", "x" * 1_000_000, "🙂" * 1000, "go " * 300_000, "стой", "../../etc/passwd", "%s%n{}")


def rubbish(kind: type, dice: random.Random, depth: int = 0):
    """A message of a type with nonsense in each of its fields."""
    from kitt_core.ports import message_type

    message = kind()
    for name, field in message.get_fields_and_field_types().items():
        base = field.removeprefix("sequence<").partition("[")[0].partition(",")[0].rstrip(">")
        value: object
        if base in ("float", "double", "float32", "float64"):
            value = dice.choice(FLOATS)
            value = max(-3e38, min(3e38, value)) if base in ("float", "float32") and math.isfinite(value) else value
        elif base.startswith("string"):
            value = dice.choice(TEXTS)
        elif base == "boolean":
            value = dice.random() < 0.5
        elif base.startswith(("int", "uint")):
            value = dice.choice((0, 1, 127 if base in ("int8", "int16", "int32") else 200))
        elif base in ("octet", "byte"):
            value = b"\xff"
        elif "/" in base and depth < 5:
            package, _, short = base.partition("/")
            value = rubbish(message_type(f"{package}/msg/{short.removeprefix('msg/')}"), dice, depth + 1)
        else:
            continue
        if field.startswith("sequence<"):
            setattr(message, name, [value] * dice.choice((0, 1, 3, 300 if depth == 0 else 2)))
        elif "[" not in field:
            setattr(message, name, value)
    return message


class Rig(Car):
    """A car whose nodes' words are kept, and that can publish whatever they hear."""

    def __init__(self, domain: int, folder) -> None:
        super().__init__(domain)
        self.folder = folder
        from kitt_core.contract import graph_name, topic
        from kitt_core.ports import message_type, qos_of

        for name in set(HEARD) - set(self.publishers):
            row = topic(name)
            self.types[name] = message_type(row.type)
            self.publishers[name] = self.node.create_publisher(self.types[name], graph_name(name), qos_of(row))

    def start(self, name: str) -> None:
        code = f"from kitt_control.nodes.{name}_node import main; main()"
        environment = os.environ | {"ROS_DOMAIN_ID": str(self.domain), "PYTHONUNBUFFERED": "1"}
        with (self.folder / name).open("ab") as log:
            self.processes[name] = subprocess.Popen([sys.executable, "-c", code], env=environment, stderr=log)

    def words(self) -> str:
        return "\n".join(file.read_text(errors="replace") for file in self.folder.iterdir())

    def ready_again(self, after: str) -> None:
        """What was said of battery and bumper holds until it is unsaid; the rest passes."""
        self.publishers["/battery_state"].publish(self.types["/battery_state"](percentage=0.9, present=True))
        self.publishers["/bumper"].publish(self.types["/bumper"](data=False))
        ready = self.run(30.0, lambda: (self.state(), self.reason()) == ("stopped", "standing"))
        faults = [fault.event for fault in self.heard["/kitt/state"][-1].faults]
        assert ready, (after, self.state(), self.reason(), faults)

    def obeys_again(self) -> None:
        """All processes live, nobody said a traceback, every velocity was a number; it stands, drives, stops."""
        assert [name for name, process in self.processes.items() if process.poll() is not None] == []
        assert "Traceback" not in self.words()
        assert all(math.isfinite(m.twist.linear.x) and math.isfinite(m.twist.angular.z) for m in self.heard["/cmd_vel"])
        self.ready_again("all of it")
        self.drive()
        self.say("stop")
        self.stops_within(1.0)


@pytest.fixture
def rig(tmp_path):
    rig = Rig(60 + (os.getpid() * 7 + 33) % 40, tmp_path)
    rig.start("safety_gate")
    rig.start("controller")
    try:
        rig.ready()
        yield rig
    finally:
        rig.close()


def test_rubbish_on_every_topic_while_it_drives(rig):
    dice = random.Random(5)
    for name in HEARD:
        rig.ready_again(name)
        rig.drive()
        before = len(rig.heard["/cmd_vel"])
        for _ in range(12):
            rig.publishers[name].publish(rubbish(rig.types[name], dice))
            rig.run(0.03)
        for velocity in rig.heard["/cmd_vel"][before:]:
            assert 0.0 <= velocity.twist.linear.x <= 2.5, name  # nothing but what was ordered
        rig.say("stop")
        rig.run(2.5)
        assert rig.velocity() == STANDING, name
    rig.obeys_again()


@pytest.mark.parametrize("name", ["/cmd_vel_desired", "/kitt/cause", "/voice/command", "/cmd_vel_manual", "/tracks"])
def test_a_flood_of_a_thousand_messages_a_second(rig, name):
    dice = random.Random(6)
    rig.drive()
    message = rubbish(rig.types[name], dice)
    end = time.monotonic() + 2.0
    while time.monotonic() < end:
        for _ in range(10):
            if hasattr(message, "header"):
                message.header.stamp = rig.node.get_clock().now().to_msg()
            rig.publishers[name].publish(message)
        rig.run(0.01)
    begin = len(rig.heard["/cmd_vel"])
    rig.say("stop")
    rig.stops_within(1.5)
    assert all(m.twist.linear.x <= 2.5 for m in rig.heard["/cmd_vel"][begin:])
    rig.run(3.0)
    rig.obeys_again()


def test_stamps_of_another_time_and_other_frames(rig):
    for name in ("/scan", "/tracks", "/odom", "/cmd_vel_desired", "/cmd_vel_manual"):
        for offset in (-100, 100, -1_000_000_000):
            rig.drive()
            message = rig.types[name]()
            message.header.stamp = rig.node.get_clock().now().to_msg()
            message.header.stamp.sec += offset
            message.header.frame_id = "somewhere/else"
            rig.publishers[name].publish(message)
            rig.run(0.5)
            assert 0.0 <= rig.velocity()[0] <= 2.5
            rig.say("stop")
            rig.stops_within(1.0)
            rig.run(1.0)
    rig.obeys_again()
