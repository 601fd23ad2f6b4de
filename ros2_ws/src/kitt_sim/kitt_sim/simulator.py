"""The simulator: a world, a car in it, its camera, scanner and IMU. No ROS; deterministic; as fast as it can."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kitt_core.geometry import Pose2D, Twist2D, wrap_angle
from kitt_sim.actors import Actors, Walker, footprint_distance
from kitt_sim.bodies import BodySet, touches, widened
from kitt_sim.camera import CameraModel
from kitt_sim.imu import Imu, ImuReading, ImuSpec
from kitt_sim.scan import Scan, ScanSpec, scan
from kitt_sim.truth import TruthObject, ground_truth
from kitt_sim.vehicle import Vehicle, VehicleSpec, VehicleState
from kitt_sim.world import LightColour, World
from kitt_sim.worlds import world_by_name


@dataclass(frozen=True)
class Odometry:
    """Pose of base_link in odom, whose origin is the start, and the velocity in base_link."""

    time: float
    pose: Pose2D
    twist: Twist2D


@dataclass(frozen=True)
class CollisionEvent:
    """The car touched `object_id` at simulation time `time` [s] while driving at `speed` [m/s]."""

    object_id: str
    class_name: str
    time: float
    speed: float


class Simulator:
    """Steps a world. `render` makes its scene at the first call, in the thread that calls it.

    The same world, seed, commands and steps give the same poses and pixels. One thread at a time.
    """

    def __init__(
        self,
        world: World | str = "street",
        seed: int = 0,
        *,
        width: int = 640,
        height: int = 480,
        vehicle: VehicleSpec | None = None,
        scanner: ScanSpec | None = None,
        imu: ImuSpec | None = None,
    ) -> None:
        self.world = world_by_name(world, seed) if isinstance(world, str) else world
        self.camera = CameraModel(width=width, height=height)
        self.scanner = scanner or ScanSpec()
        self.imu_spec = imu or ImuSpec()
        self.vehicle = Vehicle(self.world.spawn, vehicle)
        self.actors = Actors(self.world, self.vehicle.spec)
        self._bodies = BodySet(self.world)
        self._renderer: object | None = None
        self.reset()

    def reset(self) -> None:
        """Back to time 0 and the start."""
        self.vehicle.reset()
        self.actors.reset()
        self._imu, self._before, self._dt = Imu(self.imu_spec, self.world.seed), self.state, math.inf
        self._touching: set[str] = set()
        self.collisions: list[CollisionEvent] = []
        self.least_person_distance = math.inf
        self._measure()

    @property
    def time(self) -> float:
        """Simulation time [s]."""
        return self.actors.time

    @property
    def state(self) -> VehicleState:
        """The car's true state."""
        return self.vehicle.state

    @property
    def walkers(self) -> list[Walker]:
        """The people's states, in the world's order."""
        return self.actors.walkers

    @property
    def colours(self) -> list[LightColour]:
        """What the traffic lights show, in the world's order."""
        return self.actors.colours

    def place(self, walkers: list[Walker]) -> None:
        """Puts the people where they are wanted, until the next step: for pictures of chosen poses."""
        if len(walkers) != len(self.world.people):
            raise ValueError(f"{len(self.world.people)} people need as many walkers, not {len(walkers)}")
        self.actors.walkers = list(walkers)

    @property
    def at_goal(self) -> bool:
        """Whether the car has reached the goal: it has come within 2 m or passed it along the goal's heading."""
        goal, pose = self.world.goal, self.state.pose
        along = math.cos(goal.yaw) * (pose.x - goal.x) + math.sin(goal.yaw) * (pose.y - goal.y)
        return along > -2.0

    def command(self, twist: Twist2D) -> None:
        """The velocity the car should take; it brakes when no new one comes for 0.25 s."""
        self.vehicle.command(twist)

    def step(self, dt: float) -> None:
        """Moves everything on by `dt` [s]."""
        before = self.vehicle.state
        self._before, self._dt = before, dt
        self.vehicle.step(dt)
        self.actors.step(dt, self.state.pose, self.state.speed)
        self._collide(before)
        self._measure()

    def observe(self, state: VehicleState, walkers: list[Walker], dt: float) -> list[Walker]:
        """Takes over, after `dt` [s], where another simulator has moved the car and the people.

        Returns:
            Where the people want to be next, in the world's order.
        """
        before, self.vehicle.state = self.vehicle.state, state
        self.actors.step(dt, state.pose, state.speed)
        wanted = self.actors.walkers
        self.actors.walkers = walkers
        self._collide(before)
        self.vehicle.state = state
        self._measure()
        self.actors.walkers = wanted
        return wanted

    def at(self, state: VehicleState, walkers: list[Walker]) -> Simulator:
        """This simulator with the car and the people elsewhere, to look at; not to be stepped."""
        result = copy.copy(self)
        result.vehicle, result.actors = copy.copy(self.vehicle), copy.copy(self.actors)
        result.vehicle.state, result.actors.walkers = state, walkers
        return result

    def _collide(self, before: VehicleState) -> None:
        spec, pose = self.vehicle.spec, self.state.pose
        reach = spec.front - spec.rear + 2.0
        near = [
            b
            for b in self._bodies.fixed + self._bodies.poles
            if max(abs(b.pose.x - pose.x), abs(b.pose.y - pose.y)) < reach + max(b.size[:2])
        ]
        solid = [b for b in near if touches(spec, pose, b)]
        people = [
            b
            for b, p in zip(self._bodies.people(self.actors.walkers), self.world.people, strict=True)
            if touches(spec, pose, b, p.radius)
        ]
        for body in solid + people:
            if body.id not in self._touching:
                self.collisions.append(CollisionEvent(body.id, body.class_name, self.time, abs(before.speed)))
        if solid:  # the car does not go through walls
            self.vehicle.state = VehicleState(before.pose, 0.0, before.steer)
        # who still leans against the same thing has not hit it a second time
        wide = widened(spec, 0.1)
        radii = {p.id: p.radius for p in self.world.people}
        moved = {b.id: b for b in near + self._bodies.people(self.actors.walkers)}
        self._touching = {b.id for b in solid + people} | {
            i for i in self._touching if i in moved and touches(wide, pose, moved[i], radii.get(i))
        }

    def _measure(self) -> None:
        for person, walker in zip(self.world.people, self.actors.walkers, strict=True):
            gap = footprint_distance(self.vehicle.spec, self.state.pose, walker.pose.x, walker.pose.y) - person.radius
            self.least_person_distance = min(self.least_person_distance, max(gap, 0.0))

    def odom(self) -> Odometry:
        """Pose since the start and velocity, without drift."""
        return Odometry(self.time, self.in_odom(self.state.pose), Twist2D(self.state.speed, self.state.yaw_rate))

    def in_odom(self, pose: Pose2D) -> Pose2D:
        """A pose of the world in the frame odom, whose origin is the start."""
        start = self.world.spawn
        x, y = start.to_local(pose.x, pose.y)
        return Pose2D(x, y, wrap_angle(pose.yaw - start.yaw))

    def scan(self) -> Scan:
        """The scanner's turn at this moment."""
        rectangles, circles = self._bodies.outlines(self.actors.walkers)
        return scan(self.scanner, self.state.pose, self.time, rectangles, circles)

    def imu(self) -> ImuReading:
        """The IMU's reading of the last step."""
        return self._imu.measure(self.time, self.in_odom(self.state.pose).yaw, self._before, self.state, self._dt)

    def ground_truth(self) -> list[TruthObject]:
        """Vehicles, signs and people (and what hides them: buildings), nearest first."""
        bodies = self._bodies.fixed + self._bodies.plates + self._bodies.people(self.actors.walkers)
        return ground_truth(self.camera, self.state.pose, bodies)

    def render(self) -> NDArray[np.uint8]:
        """The camera's picture now: BGR, uint8, (height, width, 3)."""
        return self.render_from(self.state.pose, self.walkers, self.colours)

    def render_from(
        self, car: Pose2D, walkers: list[Walker], colours: list[LightColour] | None = None
    ) -> NDArray[np.uint8]:
        """The picture for given poses: for a thread that renders a snapshot while another one steps."""
        from kitt_sim.renderer import Renderer

        if self._renderer is None:
            self._renderer = Renderer(self.world, self.camera)
        assert isinstance(self._renderer, Renderer)
        return self._renderer.render(car, walkers, self.colours if colours is None else colours)
