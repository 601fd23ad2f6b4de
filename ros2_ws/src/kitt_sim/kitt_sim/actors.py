"""What moves or changes in a world besides the car: people and traffic lights. The same in every simulator."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from kitt_core.geometry import Pose2D
from kitt_sim.vehicle import VehicleSpec
from kitt_sim.world import LightColour, Person, TrafficLight, Trigger, World


@dataclass(frozen=True)
class Walker:
    """A person's state: pose, distance walked [m] (the gait's phase) and speed [m/s]."""

    pose: Pose2D
    walked: float = 0.0
    speed: float = 0.0


def walk(person: Person, walked: float) -> Walker:
    """Where `person` is after `walked` metres of the path; loops go back and forth, others stop at the end."""
    points = np.array(person.path, dtype=float)
    lengths = np.hypot(*np.diff(points, axis=0).T) if len(points) > 1 else np.zeros(0)
    total = float(lengths.sum())
    if total == 0.0:
        return Walker(Pose2D(*person.path[0], person.yaw))
    back = False
    along = walked
    if person.loop:
        along = walked % (2 * total)
        back = along > total
        along = 2 * total - along if back else along
    moving = walked > 0.0 and (person.loop or walked < total)
    along = min(along, total)
    ends = np.cumsum(lengths)
    i = min(int(np.searchsorted(ends, along)), len(lengths) - 1)
    part = (along - (ends[i] - lengths[i])) / lengths[i]
    x, y = points[i] + part * (points[i + 1] - points[i])
    dx, dy = points[i + 1] - points[i]
    yaw = math.atan2(dy, dx) + (math.pi if back else 0.0)
    return Walker(
        Pose2D(float(x), float(y), person.yaw if walked == 0.0 else yaw), walked, person.speed if moving else 0.0
    )


def footprint_distance(spec: VehicleSpec, car: Pose2D, x: float, y: float) -> float:
    """Distance [m] from the car's footprint to a point, 0 inside."""
    forward, left = car.to_local(x, y)
    dx = max(spec.rear - forward, 0.0, forward - spec.front)
    dy = max(abs(left) - spec.width / 2, 0.0)
    return math.hypot(dx, dy)


def colour_after(light: TrafficLight, seconds: float) -> LightColour:
    """What a light shows `seconds` after its trigger; before it (negative) its first phase."""
    total = sum(phase.seconds for phase in light.phases)
    if seconds < 0.0 or total <= 0.0:
        return light.phases[0].colour
    left = seconds % total if light.loop else seconds
    for phase in light.phases:
        if left < phase.seconds:
            return phase.colour
        left -= phase.seconds
    return light.phases[-1].colour


class Actors:
    """Steps people and lights by the car's pose. Deterministic; no rendering, no physics engine, no ROS.

    What happens («pedestrian_0 walks», «light_0 red») is an event in the world, as are names that are raised from
    outside: both set off those whose trigger waits for them.
    """

    def __init__(self, world: World, vehicle: VehicleSpec | None = None) -> None:
        self.world = world
        self.spec = vehicle or VehicleSpec()
        self.reset()

    def reset(self) -> None:
        """Back to time 0."""
        self.time = 0.0
        self.walkers: list[Walker] = [walk(p, 0.0) for p in self.world.people]
        self.colours: list[LightColour] = [light.phases[0].colour for light in self.world.lights]
        self.happened: list[str] = []
        self._walked = [0.0] * len(self.world.people)
        self._began: dict[str, float] = {}
        self._events: dict[str, float] = {}

    def raise_event(self, name: str) -> None:
        """Sets off whoever waits for the event `name`, at the next step."""
        self._events.setdefault(name, self.time)

    def step(self, dt: float, car: Pose2D, car_speed: float) -> list[str]:
        """Moves on by `dt` [s] with the car's base_link at `car`, and returns what happened meanwhile."""
        self.time += dt
        news: list[str] = []
        for i, person in enumerate(self.world.people):
            if person.id not in self._began and self._set_off(person.id, person.trigger, self.walkers[i].pose, car):
                news += [f"{person.id} walks"] if len(person.path) > 1 else []
            if person.id in self._began:
                self._walk(i, person, dt, car, car_speed)
        for i, light in enumerate(self.world.lights):
            if light.id not in self._began:
                self._set_off(light.id, light.trigger, light.pose, car)
            colour = colour_after(light, self.time - self._began.get(light.id, math.inf))
            if colour != self.colours[i]:
                self.colours[i] = colour
                news.append(f"{light.id} {colour}")
        for name in news:
            self.raise_event(name)
        self.happened += news
        return news

    def _set_off(self, identifier: str, trigger: Trigger, at: Pose2D, car: Pose2D) -> bool:
        if trigger.kind == "distance":
            off = math.hypot(at.x - car.x, at.y - car.y) <= trigger.value
        elif trigger.kind == "event":
            off = self.time >= self._events.get(trigger.event, math.inf) + trigger.value
        else:
            off = trigger.kind == "always" or self.time >= trigger.value
        if off:
            self._began[identifier] = self.time
        return off

    def _end(self, person: Person, walked: float, car: Pose2D) -> float:
        """How far somebody may walk by now [m]: up to the first pause that is not over."""
        for pause in person.pauses:
            way = sum(math.dist(a, b) for a, b in pairwise(person.path[: pause.at + 1]))
            name = f"{person.id} pause {pause.at}"
            waits = name not in self._began and not self._set_off(name, pause.until, walk(person, way).pose, car)
            if waits and walked <= way:
                return way
        return math.inf

    def _walk(self, i: int, person: Person, dt: float, car: Pose2D, car_speed: float) -> None:
        """A step, unless it would be one into a standing car: people wait for it; a moving one they misjudge."""
        ahead = walk(person, min(self._walked[i] + person.speed * dt, self._end(person, self._walked[i], car)))
        if ahead.walked == self._walked[i] > 0.0:
            self.walkers[i] = replace(self.walkers[i], speed=0.0)
            return
        gap = footprint_distance(self.spec, car, ahead.pose.x, ahead.pose.y) - person.radius
        if gap < 0.1 and abs(car_speed) < 0.05:
            self.walkers[i] = replace(self.walkers[i], speed=0.0)
            return
        self._walked[i], self.walkers[i] = ahead.walked, ahead
