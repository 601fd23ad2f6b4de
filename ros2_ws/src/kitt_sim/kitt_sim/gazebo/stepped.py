"""Gazebo 11 in lockstep behind the built-in simulator's interface: what steps that one can step this one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from kitt_core.geometry import Pose2D, Twist2D
from kitt_inference.errors import KittError
from kitt_sim.gazebo.sdf_car import CAMERA_RATE_HZ
from kitt_sim.gazebo.session import TICK_S, Session
from kitt_sim.imu import ImuReading
from kitt_sim.scan import Scan
from kitt_sim.simulator import Simulator
from kitt_sim.world import World

_PATIENCE_S, _WAKING_TICKS = 60.0, 150


class SteppedGazebo(Simulator):
    """Simulated time moves by `step` alone, so that results repeat however busy the machine is.

    Not to the last digit: Gazebo takes commands and gives pictures over connections of their own.
    """

    def __init__(self, world: World, start: Pose2D | None = None) -> None:
        """Start Gazebo on `world`.

        Raises:
            KittError: Gazebo cannot be started; names the remedy.
        """
        self._session = Session(world, start=start, lockstep=True)
        # one description, one set of people and lights: the session's
        self.__dict__.update(self._session.simulator.__dict__)
        self._owed = 0.0
        self._arrived = threading.Condition()
        self._picture: tuple[float, NDArray[np.uint8]] | None = None
        self._newest: Scan | None = None
        self._reading: ImuReading | None = None
        self._session.on_image, self._session.on_scan = self._take_picture, self._take_scan
        self._session.on_imu = self._take_reading
        try:
            self._wake_sensors()
        except BaseException:
            self.close()
            raise

    def _wake_sensors(self) -> None:
        """Let time pass until camera, laser and IMU have something to give; for people and lights it is time 0 then."""
        for _ in range(_WAKING_TICKS):
            self._session.step(TICK_S, _PATIENCE_S)
            with self._arrived:
                if self._arrived.wait_for(lambda: None not in (self._picture, self._newest, self._reading), 0.2):
                    self.actors.reset()
                    return
        raise KittError("Gazebo's camera, laser and IMU give nothing", f"see {self._session.server.log}")

    def reset(self) -> None:
        """Not to be had: a new one begins anew."""
        raise NotImplementedError("make a new one")

    def command(self, twist: Twist2D) -> None:
        """As the built-in simulator's."""
        self._session.command(twist)

    def step(self, dt: float) -> None:
        """Moves on by `dt` [s]; Gazebo in whole ticks, as soon as one is due."""
        self._owed += dt
        while self._owed >= TICK_S - 1e-9:
            self._owed -= TICK_S
            self._session.step(TICK_S, _PATIENCE_S)
        self.least_person_distance = self._session.simulator.least_person_distance

    def scan(self) -> Scan:
        """The newest turn of Gazebo's laser."""
        with self._arrived:
            if not self._arrived.wait_for(lambda: self._newest is not None, _PATIENCE_S) or self._newest is None:
                raise KittError("Gazebo gives no scans", f"see {self._session.server.log}")
            return self._newest

    def imu(self) -> ImuReading:
        """The newest reading of Gazebo's IMU."""
        if self._reading is None:
            raise KittError("Gazebo's IMU gives nothing", f"see {self._session.server.log}")
        return self._reading

    def render(self) -> NDArray[np.uint8]:
        """The newest picture of Gazebo's camera: BGR, uint8, (height, width, 3), not older than one of its periods."""
        return self.shot()[1]

    def shot(self) -> tuple[float, NDArray[np.uint8]]:
        """The newest picture and when it was taken [s]."""
        least = self._session.time - 1.5 / CAMERA_RATE_HZ
        with self._arrived:
            self._arrived.wait_for(lambda: self._picture is not None and self._picture[0] >= least, 2.0)
            if self._picture is None:
                raise KittError("Gazebo gives no pictures", f"see {self._session.server.log}")
            return self._picture

    def seen_at(self, seconds: float) -> Simulator:
        """The world as it was when a picture was taken."""
        return self._session.at(seconds)

    def close(self) -> None:
        """End Gazebo."""
        self._session.close()

    def _take_picture(self, at: float, picture: NDArray[np.uint8]) -> None:
        with self._arrived:
            self._picture = (at, picture)
            self._arrived.notify_all()

    def _take_scan(self, scan: Scan) -> None:
        with self._arrived:
            self._newest = scan
            self._arrived.notify_all()

    def _take_reading(self, reading: ImuReading) -> None:
        with self._arrived:
            self._reading = reading
            self._arrived.notify_all()


@contextmanager
def opened(sim: str, world: World) -> Iterator[Simulator]:
    """A simulator by its name, builtin or gazebo, ended afterwards.

    Raises:
        KittError: there is no such simulator, or it cannot be started.
    """
    if sim == "builtin":
        yield Simulator(world)
        return
    if sim != "gazebo":
        raise KittError(f"there is no simulator {sim} to step", "there are builtin, gazebo")
    stepped = SteppedGazebo(world)
    try:
        yield stepped
    finally:
        stepped.close()
