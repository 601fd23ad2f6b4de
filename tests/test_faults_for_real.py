"""Faults of the running car, each caused for real: spoilt pictures, nodes that hang, nonsense on topics.

`kitt_control/test/test_faults.py` causes every row of the table without ROS; here the nodes themselves must notice.
"""

from __future__ import annotations

import math
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from car import Car
from kitt_control.events import FAULTS, Effect
from kitt_core.contract import topic
from kitt_core.convert import to_stamp
from kitt_core.ports import message_type

pytestmark = [pytest.mark.slow, pytest.mark.ros, pytest.mark.flaky(reruns=1)]  # in real time

Undo = Callable[[], None]
RECORDER = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))  # no file may grow further: as on a full disk
from kitt_cli.recorder import main
sys.exit(main())
"""


def nothing() -> None:
    """To undo what passes by itself."""


class Rig(Car):
    """The car in the bare world, without loudspeaker, its microphone an empty folder."""

    folder: Path
    sent: dict[str, object]

    def send(self, name: str, **fields: object) -> None:
        message = message_type(topic(name).type)(**fields)
        if hasattr(message, "header"):
            message.header.stamp = to_stamp(int(self.node.get_clock().now().nanoseconds))
        self.sent.setdefault(name, self.advertise(name)).publish(message)

    def happen(self, event: str) -> None:
        self.send("/sim/event", data=event)

    def hang(self, name: str) -> Undo:
        """A node that does nothing any more and goes on later."""
        self.session.kill(name, signal.SIGSTOP)
        return lambda: self.session.kill(name, signal.SIGCONT) and None

    def faults(self) -> set[str]:
        state = self.last("/kitt/state")
        return {fault.event for fault in state.faults} if state else set()

    def state(self) -> str:
        return str(self.last("/kitt/state").state)


@pytest.fixture(scope="module")
def car(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    folder = tmp_path_factory.mktemp("car")
    (folder / "microphone").mkdir()
    with Rig(sim="builtin", world="empty", microphone=f"player:{folder / 'microphone'}", speaker="none") as rig:
        rig.folder, rig.sent = folder, {}
        for name in ("/sim/event", "/cmd_vel_manual", "/battery_state", "/bumper"):
            rig.sent[name] = rig.advertise(name)
        rig.listen("/cmd_vel", "/tracks", "/kitt/state", "/odom")
        rig.wait_until_up()
        for _ in range(4):
            rig.type_line("slower")  # the road is short
        yield rig


def spoil(event: str) -> Callable[[Rig], Undo]:
    def cause(car: Rig) -> Undo:
        car.happen(event)
        return lambda: car.happen("camera works")

    return cause


def hang(name: str) -> Callable[[Rig], Undo]:
    return lambda car: car.hang(name)


def chatter(car: Rig) -> Undo:
    for _ in range(20):
        car.type_line("lights on")
        time.sleep(0.03)  # as fast as they are read
    return nothing


def push_nonsense(car: Rig) -> Undo:
    twist = message_type("geometry_msgs/msg/Twist")()
    twist.linear.x = math.nan
    car.send("/cmd_vel_manual", twist=twist)
    return lambda: car.send("/cmd_vel_manual")


def drain(car: Rig) -> Undo:
    car.send("/battery_state", percentage=0.05, present=True)
    return lambda: car.send("/battery_state", percentage=0.9, present=True)


def touch(car: Rig) -> Undo:
    car.send("/bumper", data=True)
    return lambda: car.send("/bumper", data=False)


def fill_the_disk(car: Rig) -> Undo:
    command = [sys.executable, "-c", RECORDER, "--out", str(car.folder / "full.mcap")]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def undo() -> None:
        process.terminate()
        process.wait(10.0)

    return undo


CAUSES: dict[str, Callable[[Rig], Undo]] = {
    "camera_frozen": spoil("camera freezes"),
    "camera_covered": spoil("camera is covered"),
    "camera_dark": spoil("camera is dark"),
    "detections_impossible": hang("detector"),
    "gate_silent": hang("safety_gate"),
    "odom_silent": hang("simulator"),
    "microphone_dead": hang("microphone"),
    "node_silent": hang("recogniser"),
    "battery_empty": drain,
    "bumper": touch,
    "commands_flood": chatter,
    "manual_invalid": push_nonsense,
    "recorder_disk_full": fill_the_disk,  # last: what a recorder said holds until another one speaks
}


@pytest.mark.parametrize("code", CAUSES)
def test_it_is_noticed_and_does_what_its_row_says(car, code):
    stops = FAULTS[code].effect in (Effect.SOFT_STOP, Effect.IMMEDIATE_STOP)
    car.drive()
    undo = CAUSES[code](car)
    try:
        car.wait_for(lambda: code in car.faults(), 25.0, code)
        if stops:
            car.wait_for(lambda: car.state() == "faulted", 5.0, "the fault")
            car.wait_for(
                lambda: abs(car.last("/odom").twist.twist.linear.x) < 0.01 or code == "odom_silent", 3.0, "standing"
            )
        else:
            assert (car.state(), car.speed_wished() > 0.3) == ("driving", True)
    finally:
        undo()
    if code != "recorder_disk_full":
        car.wait_for(lambda: code not in car.faults(), 20.0, f"the end of {code}")
    if stops:
        car.wait_for(lambda: car.state() == "stopped", 10.0, "standing")
        assert car.speed_wished() == 0.0
    car.type_line("stop")
    car.wait_for(lambda: car.speed_wished() == 0.0, 5.0, "the stop")
