"""A world in a running Gazebo 11: the car is driven by its joints, people and lights follow the description.

The physics is Gazebo's. What a base's controller does (ramps, steering rate, Ackermann geometry, the stop when commands
fall silent) is done here with `kitt_sim.vehicle`, as in the built-in simulator, so that both cars have the same limits.
"""

from __future__ import annotations

import json
import math
import threading
import time
from bisect import bisect_left
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kitt_core.geometry import Pose2D, Twist2D, wrap_angle, yaw_from_quaternion
from kitt_inference.errors import KittError
from kitt_sim.actors import Walker
from kitt_sim.car import Car
from kitt_sim.gazebo import files, joints, messages
from kitt_sim.gazebo.sdf import STEP_S
from kitt_sim.gazebo.sdf_car import NAME
from kitt_sim.gazebo.server import WORLD, Server
from kitt_sim.gazebo.transport import Client, stamp_ns
from kitt_sim.imu import Averager, ImuReading
from kitt_sim.scan import Scan
from kitt_sim.simulator import Simulator
from kitt_sim.vehicle import Vehicle, VehicleState
from kitt_sim.world import World

TICK_S = 0.02
"""How often commands are sent and the state is noted, in simulated time."""
_TRIM = 0.05
"""Speed [m/s] that the base's controller may add: left alone, Gazebo's car creeps backwards by 5 mm/s."""
_STARTS = 3
_LOADING_S, _ANSWER_S = 90.0, 15.0
"""Until its models are loaded, and until it then has taken all connections; else it is started anew."""
_KEPT = 100  # ticks: images come within two seconds
_RGB = 3  # gazebo/common/Image.hh: RGB_INT8


@dataclass(frozen=True)
class Moment:
    """The true state at a simulated time [s]."""

    time: float
    state: VehicleState
    walkers: list[Walker]


class Session:
    """Gazebo with one world. The callbacks run in threads of the transport; each may take its time."""

    def __init__(self, world: World, *, start: Pose2D | None = None, lockstep: bool = False, window: bool = False,
                 log: Path | None = None) -> None:  # fmt: skip
        """Write the world's files where needed, start Gazebo, connect.

        Args:
            start: where the car begins, instead of the world's own start.
            lockstep: simulated time stands, and moves by `step` alone.

        Raises:
            KittError: Gazebo cannot be started; names the remedy.
        """
        self.world = world if start is None else replace(world, spawn=start)
        self.car = Car()
        self.simulator = Simulator(self.world)
        self.on_tick: Callable[[], None] = lambda: None
        self.on_image: Callable[[float, NDArray[np.uint8]], None] = lambda _time, _picture: None
        self.on_scan: Callable[[Scan], None] = lambda _scan: None
        self.on_imu: Callable[[ImuReading], None] = lambda _reading: None
        self._lockstep = lockstep
        self._drive = Vehicle(self.world.spawn, self.car.vehicle)
        # in lockstep Gazebo's IMU gives a reading at each step, whatever rate it was given
        self._felt = Averager(1.0 / self.car.imu.rate_hz if lockstep else 0.0)
        self._moments: deque[Moment] = deque(maxlen=_KEPT)
        self._pace: deque[tuple[float, float]] = deque([(0.0, 0.0)], maxlen=150)
        self._lock = threading.Lock()
        self._moved = threading.Condition()
        self._poses: dict[str, tuple[float, float, float]] = {}
        self._time = self._ticked = self._trim = 0.0
        self._shown: list[str] = []
        self._draws = False
        folder = files.prepare(self.world, self.car, seen_at=WORLD)
        self._names = json.loads((folder / files.NAMES_FILE).read_text())
        self._messages = messages.load()
        for left in reversed(range(_STARTS)):
            self._server = Server(folder, paused=lockstep, lockstep=lockstep, window=window, log=log, seed=world.seed)
            try:
                self._connect()
                break
            except TimeoutError as error:
                self.close()
                self._moments.clear()
                self._ticked = 0.0
                if not left:
                    remedy = f"see {self._server.log}" if log else "is the machine busy?"
                    raise KittError(f"Gazebo gives no answer about {error}, {_STARTS} times", remedy) from None
            except BaseException:
                self.close()
                raise

    def _connect(self) -> None:
        self._client = Client(self._messages, self._server.port)
        space = f"/gazebo/{self.world.name}"
        drives = {NAME: (f"{space}/{NAME}/vel_cmd", "Pose")}
        drives |= {person.id: (f"{space}/{person.id}/control", "Cessna") for person in self.world.people}
        # Gazebo changes its tables of topics in several threads without a lock (TopicManager.cc): until it has loaded
        # its models only its master is asked, and nobody connects
        topics = [f"{space}/world_control", *(topic for topic, _ in drives.values())]
        self._await(lambda: self._client.listened(topics), "its models", _LOADING_S)
        self._drives = {name: self._client.advertise(*drive) for name, drive in drives.items()}
        self._control = self._client.advertise(f"{space}/world_control", "WorldControl")
        self._visual = self._client.advertise(f"{space}/visual", "Visual")
        self._client.subscribe(f"{space}/{NAME}/base_link/camera/image", "ImageStamped", self._image)
        self._client.subscribe(f"{space}/{NAME}/base_link/laser/scan", "LaserScanStamped", self._laser)
        self._client.subscribe(f"{space}/{NAME}/base_link/imu/imu", "IMU", self._imu)
        self._client.subscribe(f"{space}/pose/local/info", "PosesStamped", self._pose)
        self._await(lambda: all(p.subscribers for p in (*self._drives.values(), self._control)), "commands", _ANSWER_S)
        if not self._lockstep:
            self._await(lambda: bool(self._moments), "poses", _ANSWER_S)

    def _await(self, condition: Callable[[], bool], what: str, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            self._server.check()
            if time.monotonic() > deadline:
                raise TimeoutError(what)
            time.sleep(0.1)

    @property
    def alive(self) -> bool:
        """Whether Gazebo still runs."""
        return self._server.alive

    @property
    def server(self) -> Server:
        """The running Gazebo."""
        return self._server

    @property
    def time(self) -> float:
        """Simulated time [s]."""
        return self._time

    @property
    def moment(self) -> Moment:
        """The newest true state."""
        return self._moments[-1]

    @property
    def rate(self) -> float:
        """Simulated seconds per second, over the last seconds."""
        (t0, s0), (t1, s1) = self._pace[0], self._pace[-1]
        return (s1 - s0) / (t1 - t0) if t1 > t0 else 0.0

    def command(self, twist: Twist2D) -> None:
        """The velocity the car should take; it brakes when no new one comes for 0.25 s of simulated time."""
        with self._lock:
            self._drive.command(twist)

    def raise_event(self, name: str) -> None:
        """Sets off whoever waits for an event."""
        with self._lock:
            self.simulator.actors.raise_event(name)

    def step(self, seconds: float, timeout: float = 30.0) -> None:
        """With lockstep: let `seconds` of simulated time pass, and return when they have.

        Raises:
            KittError: Gazebo has stopped answering.
        """
        for _ in range(round(seconds / TICK_S)):
            wanted = self._time + TICK_S
            # joint commands travel on connections of their own: they must be there before the step is
            time.sleep(0.002)
            self._control.publish(self._messages["WorldControl"](multi_step=round(TICK_S / STEP_S)))
            with self._moved:
                arrived = self._moved.wait_for(lambda: self._ticked >= wanted - 1e-6 or not self.alive, timeout)  # noqa: B023
            if not arrived or not self.alive:
                raise KittError(f"Gazebo stands at {self._time:.2f} s: {self._server.last_words()}", "start it again")

    def at(self, seconds: float) -> Simulator:
        """The world as it truly was at a simulated time, to look at: between the two ticks around it."""
        with self._lock:
            moments = list(self._moments)
        i = bisect_left([m.time for m in moments], seconds)
        if i in (0, len(moments)):
            found = moments[min(i, len(moments) - 1)]
            return self.simulator.at(found.state, found.walkers)
        before, after = moments[i - 1], moments[i]
        part = (seconds - before.time) / (after.time - before.time)
        state = replace(after.state, pose=_between(before.state.pose, after.state.pose, part))
        walkers = [
            replace(b, pose=_between(a.pose, b.pose, part))
            for a, b in zip(before.walkers, after.walkers, strict=True)
        ]  # fmt: skip
        return self.simulator.at(state, walkers)

    def close(self) -> None:
        """End the connection and Gazebo."""
        if hasattr(self, "_client"):
            self._client.close()
        self._server.close()

    def _pose(self, message: Any) -> None:
        now = stamp_ns(message.time) * 1e-9
        for entry in message.pose:
            at, turn = entry.position, entry.orientation
            self._poses[entry.name] = (at.x, at.y, yaw_from_quaternion(turn.x, turn.y, turn.z, turn.w))
        self._time = now
        if now - self._ticked < TICK_S - STEP_S / 2:
            return
        dt, self._ticked = now - self._ticked, now
        with self._lock:
            self._tick(now, dt)
        self.on_tick()
        with self._moved:
            self._moved.notify_all()

    def _tick(self, now: float, dt: float) -> None:
        pose = Pose2D(*self._poses.get(NAME, (0.0, 0.0, 0.0)))
        speed = rate = 0.0
        if self._moments:
            last = self._moments[-1].state.pose
            speed = last.to_local(pose.x, pose.y)[0] / dt
            rate = wrap_angle(pose.yaw - last.yaw) / dt
        self._drive.step(dt)
        state = VehicleState(pose, speed, self._drive.state.steer, rate)
        walkers = [self._walker(p.id, w) for p, w in zip(self.world.people, self.simulator.walkers, strict=True)]
        wanted = self.simulator.observe(state, walkers, dt)
        self._pace.append((time.monotonic(), now))
        self._moments.append(Moment(now, state, walkers))
        wanted_speed = self._drive.state.speed
        error = min(max(wanted_speed - speed, -_TRIM), _TRIM)
        self._trim = min(max(self._trim + 2.0 * error * dt, -_TRIM), _TRIM)
        drive = replace(self._drive.state, speed=wanted_speed + self._trim)
        self._drives[NAME].publish(joints.car(self._messages, drive))
        for person, walker in zip(self.world.people, wanted, strict=True):
            self._drives[person.id].publish(joints.person(self._messages, person, walker))
        self._show(list(self.simulator.colours))

    def _walker(self, name: str, wanted: Walker) -> Walker:
        """Where somebody is: the body in the frame of its model."""
        model, body = self._poses.get(name), self._poses.get(f"{name}::body")
        if model is None or body is None:
            return wanted
        base = Pose2D(*model)
        x, y = base.to_parent(body[0], body[1])
        return replace(wanted, pose=Pose2D(x, y, wrap_angle(base.yaw + body[2])))

    def _show(self, colours: list[Any]) -> None:
        """Lights show `colours`; not before the first picture: a visual not there yet would be made anew."""
        if colours == self._shown or not self._draws or not self._visual.subscribers:
            return
        for light, colour in zip(self.world.lights, colours, strict=True):
            for message in joints.light(self._messages, light.id, self._names[light.id], colour):
                self._visual.publish(message)
        self._shown = colours

    def _image(self, message: Any) -> None:
        self._draws = True
        image = message.image
        if image.pixel_format != _RGB or len(image.data) != image.height * image.width * 3:
            return
        picture = np.frombuffer(image.data, np.uint8).reshape(image.height, image.width, 3)
        self.on_image(stamp_ns(message.time) * 1e-9, np.ascontiguousarray(picture[:, :, ::-1]))

    def _laser(self, message: Any) -> None:
        scan, spec = message.scan, self.car.scanner
        ranges = np.array(scan.ranges, np.float32)
        ranges[~((ranges >= spec.range_min) & (ranges < spec.range_max))] = math.inf
        self.on_scan(Scan(stamp_ns(message.time) * 1e-9, scan.angle_min, scan.angle_max, scan.angle_step,
                          spec.range_min, spec.range_max, ranges))  # fmt: skip

    def _imu(self, message: Any) -> None:
        turn, rate, pull = message.orientation, message.angular_velocity, message.linear_acceleration
        reading = self._felt.add(ImuReading(
            stamp_ns(message.stamp) * 1e-9, (turn.x, turn.y, turn.z, turn.w), (rate.x, rate.y, rate.z),
            (pull.x, pull.y, pull.z),
        ))  # fmt: skip
        if reading is not None:
            self.on_imu(reading)


def _between(a: Pose2D, b: Pose2D, part: float) -> Pose2D:
    return Pose2D(a.x + part * (b.x - a.x), a.y + part * (b.y - a.y), a.yaw + part * wrap_angle(b.yaw - a.yaw))
