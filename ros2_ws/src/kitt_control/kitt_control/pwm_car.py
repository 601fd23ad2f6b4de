"""A model car with a speed controller and a steering servo: twists to pulses, and neutral when no command comes.

An example of a real base behind the safety gate. The board is a PCA9685 on I2C (Adafruit's library); anything with a
method `pulse` will do.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Protocol

from kitt_control.ackermann import steering_of
from kitt_core.errors import KittError
from kitt_core.geometry import Twist2D
from kitt_core.parameters import param

FREQUENCY = 50  # [Hz] of hobby servos and speed controllers
FULL = 0xFFFF  # the board's duty cycle of 100 %


@dataclass(frozen=True)
class PwmCarParameters:
    """Channels, pulses and the car's measures."""

    throttle_channel: int = param(0, low=0, high=15, doc="channel of the speed controller", fixed=True)
    steering_channel: int = param(1, low=0, high=15, doc="channel of the steering servo", fixed=True)
    neutral_pulse: float = param(1500.0, unit="us", low=500.0, high=2500.0, doc="standing, wheels straight")
    throttle_range: float = param(500.0, unit="us", low=1.0, high=1000.0, doc="from neutral to full speed")
    steering_range: float = param(
        -400.0, unit="us", low=-1000.0, high=1000.0, doc="from straight to fully left; negative where left is shorter"
    )
    full_speed: float = param(3.0, unit="m/s", low=0.1, high=30.0, doc="speed at the full pulse")
    wheelbase: float = param(0.26, unit="m", low=0.05, high=5.0, doc="between the axles")
    max_steering_angle: float = param(0.45, unit="rad", low=0.05, high=1.5, doc="steering angle at the full pulse")
    command_max_age: float = param(
        0.25, unit="s", low=0.05, high=2.0, doc="an older command, or none for so long, is neutral"
    )
    i2c_address: int = param(0x40, low=0x03, high=0x77, doc="address of the board", fixed=True)


class PulseBoard(Protocol):
    """What makes pulses."""

    def pulse(self, channel: int, width_us: float) -> None:
        """Send pulses of this width [us] from now on.

        Raises:
            OSError: the board does not answer.
        """


class Pca9685:
    """The board, by Adafruit's library.

    Raises:
        KittError: the library or the board is missing.
    """

    def __init__(self, address: int) -> None:
        try:
            import board
            from adafruit_pca9685 import PCA9685

            self._board: Any = PCA9685(board.I2C(), address=address)
        except ImportError as error:
            raise KittError(
                f"the PWM board's library cannot be imported: {error}", "pip install adafruit-circuitpython-pca9685"
            ) from error
        except Exception as error:  # Blinka raises NotImplementedError, RuntimeError, OSError or ValueError
            raise KittError(
                f"there is no PCA9685 at 0x{address:02x}: {error}",
                "check wires and power, enable I2C, be in the group i2c (docker/udev/99-kitt.rules)",
            ) from error
        self._board.frequency = FREQUENCY

    def pulse(self, channel: int, width_us: float) -> None:
        self._board.channels[channel].duty_cycle = duty_of(width_us)


def duty_of(width_us: float) -> int:
    """Pulse width [us] at 50 Hz as the board's duty cycle, 0 to 65535."""
    return round(max(0.0, min(1.0, width_us * 1e-6 * FREQUENCY)) * FULL)


class PwmCar:
    """Feed `command` with /cmd_vel and call `tick` at 20 Hz; both times are steady [s]."""

    def __init__(self, board: PulseBoard, parameters: PwmCarParameters | None = None) -> None:
        self.p = parameters or PwmCarParameters()
        self.trouble = ""
        self._board = board
        self._until = -math.inf
        self._twist = Twist2D()
        self.stop()

    def command(self, twist: Twist2D, age: float, now: float) -> None:
        """A twist whose stamp is `age` [s] old; one that is too old, from the future or not finite is neutral."""
        good = twist.is_finite and abs(age) <= self.p.command_max_age
        self._twist, self._until = (twist, now + self.p.command_max_age) if good else (Twist2D(), -math.inf)
        self.tick(now)

    def tick(self, now: float) -> None:
        """Send the pulses of the newest command, or neutral when it has grown old."""
        self._send(self._twist if now <= self._until else Twist2D())

    def stop(self) -> None:
        """Neutral at once."""
        self._until = -math.inf
        self._send(Twist2D())

    def _send(self, twist: Twist2D) -> None:
        p = self.p
        speed, angle = steering_of(twist, p.wheelbase, p.max_steering_angle)
        throttle = max(-1.0, min(1.0, speed / p.full_speed))
        pulses = (
            (p.throttle_channel, p.neutral_pulse + throttle * p.throttle_range),
            (p.steering_channel, p.neutral_pulse + angle / p.max_steering_angle * p.steering_range),
        )
        try:
            for channel, width in pulses:
                self._board.pulse(channel, width)
            self.trouble = ""
        except OSError as error:
            self.trouble = f"the PWM board does not answer: {error}. Check its wires and power"
