"""Ackermann steering, the model car behind the real gate with a fake board, and the udev rules."""

from __future__ import annotations

import math
import re
import sys
import types
from pathlib import Path

import pytest
from gate_bench import Bench
from hypothesis import given
from hypothesis import strategies as st

from kitt_control.ackermann import steering_of
from kitt_control.pwm_car import Pca9685, PwmCar, duty_of
from kitt_core.errors import KittError
from kitt_core.geometry import Twist2D


@pytest.mark.parametrize(
    ("twist", "out"),
    [
        ((1.0, 0.0), (1.0, 0.0)),
        ((1.0, 0.5), (1.0, math.atan(0.5))),
        ((-1.0, 0.5), (-1.0, -math.atan(0.5))),
        ((1.0, 0.65), (1.0, 0.55)),  # a little tighter than the steering: as far as it goes
        ((1.0, 1.5), (0.0, 0.0)),
        ((0.0, 0.5), (0.0, 0.0)),
        ((math.nan, 0.5), (0.0, 0.0)),
        ((1.0, math.inf), (0.0, 0.0)),
    ],
)
def test_steering(twist, out):
    assert steering_of(Twist2D(*twist), 1.0, 0.55) == pytest.approx(out)


@given(st.floats(allow_nan=True), st.floats(allow_nan=True))
def test_steering_stays_within_its_limits(linear, angular):
    speed, angle = steering_of(Twist2D(linear, angular), 0.3, 0.5)
    assert speed in (0.0, linear)
    assert abs(angle) <= 0.5


class Board:
    """A fake board: the newest pulse of each channel."""

    def __init__(self) -> None:
        self.pulses: dict[int, float] = {}
        self.dead = False

    def pulse(self, channel: int, width_us: float) -> None:
        if self.dead:
            raise OSError(121, "Remote I/O error")
        self.pulses[channel] = width_us


NEUTRAL = {0: 1500.0, 1: 1500.0}


def test_neutral_from_the_start_and_after_silence_nonsense_or_old_commands():
    board = Board()
    car = PwmCar(board)
    assert board.pulses == NEUTRAL
    car.command(Twist2D(1.5, 0.0), 0.05, 10.0)
    assert board.pulses == {0: 1750.0, 1: 1500.0}
    car.tick(10.25)
    assert board.pulses[0] == 1750.0
    car.tick(10.26)
    assert board.pulses == NEUTRAL
    for twist, age in ((Twist2D(math.nan, 0.0), 0.0), (Twist2D(1.0, math.inf), 0.0), (Twist2D(1.0, 0.0), 0.3),
                       (Twist2D(1.0, 0.0), -0.3), (Twist2D(1.0, 0.0), math.nan)):  # fmt: skip
        car.command(Twist2D(1.0, 0.0), 0.0, 20.0)
        assert board.pulses != NEUTRAL
        car.command(twist, age, 20.0)
        assert board.pulses == NEUTRAL
        car.tick(20.1)
        assert board.pulses == NEUTRAL
    car.command(Twist2D(1.0, 0.0), 0.0, 30.0)
    car.stop()
    car.tick(30.05)
    assert board.pulses == NEUTRAL


def test_left_right_back_and_full():
    board = Board()
    car = PwmCar(board)
    car.command(Twist2D(1.0, math.tan(0.45) / 0.26), 0.0, 0.0)
    assert board.pulses[1] == pytest.approx(1100.0)  # fully left
    car.command(Twist2D(1.0, -math.tan(0.45) / 0.26), 0.0, 0.0)
    assert board.pulses[1] == pytest.approx(1900.0)
    car.command(Twist2D(-1.5, 0.0), 0.0, 0.0)
    assert board.pulses[0] == 1250.0
    car.command(Twist2D(99.0, 0.0), 0.0, 0.0)
    assert board.pulses[0] == 2000.0


def test_a_board_that_does_not_answer_is_told_and_works_again():
    board = Board()
    car = PwmCar(board)
    board.dead = True
    car.command(Twist2D(1.0, 0.0), 0.0, 0.0)
    assert "does not answer" in car.trouble
    board.dead = False
    car.tick(0.1)
    assert car.trouble == ""
    assert board.pulses[0] > 1500.0


def test_behind_the_gate_the_car_moves_only_as_the_gate_lets_it():
    bench, board = Bench(), Board()
    car = PwmCar(board)

    def drive(steps: int, linear: float) -> None:
        for _ in range(steps):
            car.command(bench.step(linear).twist, 0.0, bench.steady)

    drive(5, 1.0)  # the gate wants a command to stand first
    assert board.pulses == NEUTRAL
    drive(1, 0.0)
    drive(5, 1.0)
    assert board.pulses[0] > 1600.0
    bench.wall = 0.3
    drive(2, 1.0)
    assert board.pulses == NEUTRAL
    bench.wall = math.inf
    drive(20, 1.0)
    assert board.pulses[0] > 1600.0
    bench.gate.emergency_stop()
    drive(1, 1.0)
    assert board.pulses == NEUTRAL


@pytest.mark.parametrize(("width", "duty"), [(0.0, 0), (1500.0, 4915), (20000.0, 65535), (1e9, 65535), (-5.0, 0)])
def test_duty(width, duty):
    assert duty_of(width) == duty


def test_the_board_by_adafruits_library_and_its_absence(monkeypatch):
    for name in ("board", "adafruit_pca9685"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(KittError, match="pip install adafruit"):
        Pca9685(0x40)

    class Fake:
        def __init__(self, bus: object, address: int) -> None:
            if address == 0x41:
                raise ValueError("No I2C device at address: 0x41")
            self.frequency, self.channels = 0, [types.SimpleNamespace(duty_cycle=0) for _ in range(16)]

    monkeypatch.setitem(sys.modules, "board", types.SimpleNamespace(I2C=object))
    monkeypatch.setitem(sys.modules, "adafruit_pca9685", types.SimpleNamespace(PCA9685=Fake))
    with pytest.raises(KittError, match="no PCA9685 at 0x41"):
        Pca9685(0x41)
    board = Pca9685(0x40)
    board.pulse(3, 1500.0)
    assert (board._board.frequency, board._board.channels[3].duty_cycle) == (50, 4915)


def test_the_udev_rules_are_rules():
    file = Path(__file__).parents[4] / "docker" / "udev" / "99-kitt.rules"
    rules = [line for line in file.read_text().splitlines() if line and not line.startswith("#")]
    assert len(rules) >= 5
    for rule in rules:
        parts = rule.split(", ")
        assert all(re.fullmatch(r'[A-Z]+(\{\w+\})?(==|=|\+=)"[^"]+"', part) for part in parts), rule
        assert any("==" in part for part in parts)
        assert any("==" not in part for part in parts)


@pytest.mark.parametrize("kind", ["twist_stamped", "twist", "ackermann_drive_stamped"])
def test_velocity_messages(kind, monkeypatch):
    pytest.importorskip("geometry_msgs.msg")
    from kitt_control.nodes.velocity import TYPES, message_class, velocity_message

    assert kind in TYPES
    if kind == "ackermann_drive_stamped":
        monkeypatch.setitem(sys.modules, "ackermann_msgs", None)
        monkeypatch.delitem(sys.modules, "ackermann_msgs.msg", raising=False)
        with pytest.raises(KittError, match="no message type ackermann_msgs"):
            message_class(kind)

        class AckermannDriveStamped:
            def __init__(self, header: object) -> None:
                self.header, self.drive = header, types.SimpleNamespace(speed=0.0, steering_angle=0.0)

        module = types.SimpleNamespace(AckermannDriveStamped=AckermannDriveStamped)
        monkeypatch.setitem(sys.modules, "ackermann_msgs", types.SimpleNamespace(msg=module))
        monkeypatch.setitem(sys.modules, "ackermann_msgs.msg", module)
    message = velocity_message(kind, Twist2D(1.0, 0.5), 3_000_000_000, 1.0, 0.6)
    if kind == "ackermann_drive_stamped":
        assert (message.drive.speed, message.drive.steering_angle) == (1.0, pytest.approx(math.atan(0.5)))
    else:
        twist = message if kind == "twist" else message.twist
        assert (twist.linear.x, twist.angular.z) == (1.0, 0.5)
    if kind != "twist":
        assert (message.header.stamp.sec, message.header.frame_id) == (3, "base_link")
