"""Scenarios as data: a world, a start, steps one after the other, and what must be true at the end.

The files lie in `library/`, one a scenario; docs/scenarios.md explains their fields.
"""

from __future__ import annotations

import math
import re
from dataclasses import field, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked

from kitt_core.geometry import Pose2D
from kitt_inference.errors import KittError
from kitt_sim.world import ParkedVehicle, Person, StopSign, TrafficLight, Trigger, VehicleModel, World, vehicle_at
from kitt_sim.worlds import world_by_name

LIBRARY = Path(__file__).parent / "library"
LINES = Path(__file__).parent / "lines"
_STRICT = ConfigDict(extra="forbid", allow_inf_nan=False)


@checked(frozen=True, config=_STRICT)
class Line:
    """A line that is said into the microphone; the sound is `lines/` and the text in lower case, joined by «_»."""

    text: str
    language: str = "en"

    @property
    def file(self) -> Path:
        """The recording."""
        kept = "".join(c if c.isalnum() else " " for c in self.text.lower())
        return LINES / f"{'_'.join([self.language, *kept.split()])}.flac"


@checked(frozen=True, config=_STRICT)
class Condition:
    """What a step waits for; all that is given must hold, of what has happened since the step began."""

    state: str = ""  # the controller is in this state
    reason: str = ""  # and this stands in its reason
    standing: bool | None = None  # the car stands, or drives
    command: str = ""  # this command was understood
    said: str = ""  # KITT said something with this in it (a regular expression)
    event: str = ""  # this happened in the world
    travelled: float | None = None  # so far [m] along the path
    turned: float | None = None  # by so much [degrees], to either side
    seconds: float | None = None  # so long since the step began
    beyond_x: float | None = None  # the car's base_link is beyond this x of the world [m]


@checked(frozen=True, config=_STRICT)
class Step:
    """After `after` [s] something is done; the step is over when `until` holds, and has failed after `within` [s]."""

    name: str
    after: float = 0.0
    say: Line | None = None
    type: str = ""
    event: str = ""
    kill: str = ""
    until: Condition = field(default_factory=Condition)
    within: float = 20.0


@checked(frozen=True, config=_STRICT)
class Follow:
    """Keeping a distance to a person [m], bumper to outline, for `seconds`, after `settle` [s] to get there."""

    person: str
    distance: float
    tolerance: float = 0.3
    seconds: float = 60.0
    settle: float = 6.0


@checked(frozen=True, config=_STRICT)
class Gap:
    """The gap between the car's outline and the nearest object of a class at the end [m]."""

    to: str
    low: float
    high: float


@checked(frozen=True, config=_STRICT)
class Expectations:
    """What must be true at the end, by ground truth; None: not asked. That all steps are done is always asked."""

    collisions: int | None = 0
    person_distance: float | None = None  # never nearer than this to anybody [m]
    time_to_stop: float | None = None  # from somebody in the path within stopping distance to standstill [s]
    resume: float | None = None  # from the way being clear to moving again [s]
    false_stops: float | None = None  # share of the driving time in which it stood without cause
    red_light: str = ""  # this light was not passed while red
    follow: Follow | None = None
    gap: Gap | None = None
    within_bounds: bool = True


@checked(frozen=True, config=_STRICT)
class Jitter:
    """How much a seed varies the scenario: uniform between minus and plus these."""

    along: float = 0.5  # start [m]
    across: float = 0.15  # start [m]
    heading: float = 0.02  # start [rad]
    speed: float = 0.1  # of people, as a fraction
    time: float = 0.3  # of triggers and steps [s]; steps come later only
    distance: float = 0.7  # of triggers [m]


@checked(frozen=True, config=_STRICT)
class Car:
    """A parked vehicle in its natural size."""

    id: str
    model: VehicleModel
    pose: Pose2D


@checked(frozen=True, config=_STRICT)
class Scenario:
    """One scenario. What is listed of people, cars, signs and lights comes into the world, or in place of its name."""

    name: str
    description: str
    world: str
    steps: tuple[Step, ...]
    spawn: str | Pose2D = ""
    duration: float = 60.0
    without: tuple[str, ...] = ()
    people: tuple[Person, ...] = ()
    cars: tuple[Car, ...] = ()
    signs: tuple[StopSign, ...] = ()
    lights: tuple[TrafficLight, ...] = ()
    expect: Expectations = field(default_factory=Expectations)
    jitter: Jitter = field(default_factory=Jitter)

    def staged(self, seed: int) -> tuple[World, tuple[Step, ...]]:
        """The world and the steps as they are for a seed; seed 0 is not varied beyond the world's own seed.

        Raises:
            KittError: there is no such world or spawn point.
        """
        world = self._world(seed)
        if seed == 0:
            return world, self.steps
        rng = np.random.default_rng([seed, 77])
        j = self.jitter

        def by(spread: float) -> float:
            return float(rng.uniform(-spread, spread))

        x, y = world.spawn.to_parent(by(j.along), by(j.across))
        spawn = Pose2D(x, y, world.spawn.yaw + by(j.heading))
        people = tuple(
            replace(p, speed=p.speed * (1 + by(j.speed)), trigger=_shifted(p.trigger, by(j.time), by(j.distance)))
            for p in world.people
        )
        steps = tuple(replace(step, after=step.after + abs(by(j.time))) for step in self.steps)
        return replace(world, spawn=spawn, people=people), steps

    def _world(self, seed: int) -> World:
        world = world_by_name(self.world, seed)
        parts: dict[str, tuple[Person | ParkedVehicle | StopSign | TrafficLight, ...]] = {
            "people": self.people, "signs": self.signs, "lights": self.lights,
            "vehicles": tuple(vehicle_at(c.id, c.model, c.pose) for c in self.cars),
        }  # fmt: skip
        changed: dict[str, Any] = {}
        for name, new in parts.items():
            gone = {part.id for part in new} | set(self.without)
            old = getattr(world, name)
            changed[name] = (*(p for p in old if p.id not in gone and f"all {name}" not in self.without), *new)
        points = {point.id: point.pose for point in world.spawn_points}
        if isinstance(self.spawn, Pose2D):
            changed["spawn"] = self.spawn
        elif self.spawn and self.spawn not in points:
            raise KittError(
                f"the world {self.world} has no spawn point «{self.spawn}»",
                f"choose one of: {', '.join(points) or 'none is named; give x, y and yaw'}",
            )
        elif self.spawn:
            changed["spawn"] = points[self.spawn]
        return replace(world, **changed)


def _shifted(trigger: Trigger, seconds: float, metres: float) -> Trigger:
    shift = {"time": seconds, "event": seconds, "distance": metres}.get(trigger.kind, 0.0)
    return replace(trigger, value=max(0.0, trigger.value + shift))


_SCHEMA: TypeAdapter[Scenario] = TypeAdapter(Scenario)


def load(path: Path) -> Scenario:
    """A scenario from a YAML file.

    Raises:
        KittError: it cannot be read, or is none; the field is named.
    """
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        scenario = _SCHEMA.validate_python(data)
    except (OSError, UnicodeDecodeError) as error:
        raise KittError(f"the scenario {path} cannot be read: {error}", "give a file that is there") from None
    except yaml.YAMLError as error:
        raise KittError(f"{path} is no YAML: {str(error).splitlines()[0]}", "mend the file") from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the whole"
        raise KittError(f"{path} is no scenario: {place}: {first['msg'].lower()}", "mend that field") from None
    if not scenario.steps:
        raise KittError(f"{path} has no steps", "give at least one")
    for step in scenario.steps:
        try:
            re.compile(step.until.said)
        except re.error as error:
            raise KittError(f"{path}: «{step.until.said}» is no regular expression: {error}", "mend it") from None
        if step.say is not None and not step.say.file.is_file():
            raise KittError(
                f"there is no recording of «{step.say.text}»", f"make {step.say.file.name} with tools/demo_lines.py"
            )
    if not math.isfinite(scenario.duration) or scenario.duration <= 0:
        raise KittError(f"{path} has no duration", "give some seconds")
    return scenario


@cache
def names() -> tuple[str, ...]:
    """The scenarios of the library."""
    return tuple(sorted(path.stem for path in LIBRARY.glob("*.yaml")))


def scenario_by_name(name: str) -> Scenario:
    """A scenario of the library, or that of the file `name` where it ends in .yaml.

    Raises:
        KittError: there is none, or it is none.
    """
    if name.endswith((".yaml", ".yml")):
        return load(Path(name))
    if name not in names():
        raise KittError(f"there is no scenario «{name}»", f"choose one of: {', '.join(names())}, or give a file")
    return load(LIBRARY / f"{name}.yaml")
