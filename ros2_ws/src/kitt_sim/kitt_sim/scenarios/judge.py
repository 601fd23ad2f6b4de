"""Whether a run did what the scenario expects, judged by the truth alone. docs/scenarios.md gives the definitions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

from kitt_core.geometry import Pose2D
from kitt_sim.actors import footprint_distance
from kitt_sim.bodies import BodySet
from kitt_sim.gait import STRIDE
from kitt_sim.scenarios.record import MOVES, STANDS, Record, Sample
from kitt_sim.scenarios.runner import StepResult
from kitt_sim.scenarios.scenario import Follow, Gap, Scenario
from kitt_sim.vehicle import VehicleSpec
from kitt_sim.world import World

SIDE = 0.4
"""Room beside the car that belongs to its path [m], as the controller has it."""
DECELERATION, REACTION, KEPT = 0.8, 0.4, 2.0
"""Comfortable braking [m/s^2], reaction time [s] and distance to people [m]: what «within stopping distance» means."""
NEAREST = 4.0
"""Somebody in the path so near is within stopping distance however slowly the car goes [m]."""
REACH = STRIDE / 4
"""Somebody who walks reaches so far with their feet before and behind their middle [m]."""
ON_THE_WAY = (
    "driving",
    "waiting_for_person",
    "waiting_at_sign",
    "waiting_at_light",
    "following",
    "patrolling",
    "parking",
)


@dataclass(frozen=True)
class Verdict:
    """One expectation: what was measured (None: nothing to measure), what was asked for, and whether it holds."""

    name: str
    value: float | None
    asked: str
    passed: bool


def in_path(sample: Sample, radius: float, spec: VehicleSpec, side: float = SIDE) -> bool:
    """Whether somebody stands in the straight path ahead, within the distance that the car needs."""
    speed = abs(sample.speed)
    reach = max(speed * speed / (2 * DECELERATION) + speed * REACTION + KEPT, NEAREST)
    for x, y in sample.people.values():
        ahead, left = sample.pose.to_local(x, y)
        gap = ahead - spec.front - radius
        if -radius < gap <= reach and abs(left) - radius <= spec.width / 2 + side:
            return True
    return False


def times_to_stop(record: Record, radius: float, spec: VehicleSpec) -> list[float]:
    """From each time that somebody comes into the path of the moving car to its standstill [s].

    A car that had slowed down to a stand before that counts as 0; one that never stood counts as infinite.
    """
    result: list[float] = []
    before = False
    for i, sample in enumerate(record.samples):
        now = in_path(sample, radius, spec)
        if now and not before:
            if abs(sample.speed) < STANDS:
                result += [0.0] if i and _approached(record, i) else []
            else:
                stood = next((s.t for s in record.samples[i:] if abs(s.speed) < STANDS), math.inf)
                result.append(stood - sample.t)
        before = now
    return result


def _approached(record: Record, i: int) -> bool:
    """Whether the car moved in the second before sample `i`."""
    since = record.samples[i].t - 1.0
    return any(abs(s.speed) > MOVES for s in record.samples[max(0, i - 100) : i] if s.t >= since)


def times_to_resume(record: Record, radius: float, spec: VehicleSpec) -> list[float]:
    """From each time that the way becomes clear for a car that waits for somebody to its moving again [s]."""
    result: list[float] = []
    waiting = False
    for i, sample in enumerate(record.samples):
        inside = in_path(sample, radius, spec)
        if inside and abs(sample.speed) < STANDS and record.state_at(sample.t).what == "waiting_for_person":
            waiting = True
        elif waiting and not inside:
            again = next((s for s in record.samples[i:] if in_path(s, radius, spec) or abs(s.speed) > STANDS), None)
            if again is None:
                result.append(math.inf)
            elif abs(again.speed) > STANDS:
                result.append(again.t - sample.t)
            waiting = again is not None and abs(again.speed) <= STANDS
    return result


def false_stop_share(record: Record, world: World, radius: float, spec: VehicleSpec) -> float:
    """Share of the time on the way in which the car stood without anybody in its path and without sign or light.

    The time on the way begins when the car first moves; standing within 6 m before a sign or 9 m before a light counts
    as caused.
    """
    on_way = stood = 0.0
    moved = False
    for a, b in pairwise(record.samples):
        if record.state_at(a.t).what not in ON_THE_WAY:
            moved = False
            continue
        moved = moved or abs(a.speed) > MOVES
        if not moved:
            continue
        on_way += b.t - a.t
        if abs(a.speed) < STANDS and not in_path(a, radius, spec, SIDE + 0.4) and not _at_sign(a.pose, world, spec):
            stood += b.t - a.t
    return stood / on_way if on_way > 0.0 else 0.0


def _at_sign(pose: Pose2D, world: World, spec: VehicleSpec) -> bool:
    places = [(s.pose, 6.0) for s in world.signs] + [(light.pose, 9.0) for light in world.lights]
    return any(
        -1.0 < pose.to_local(at.x, at.y)[0] - spec.front < reach and abs(pose.to_local(at.x, at.y)[1]) < 7.0
        for at, reach in places
    )


def follow_error(record: Record, follow: Follow, world: World, spec: VehicleSpec) -> tuple[float, float]:
    """The greatest relative error of the distance kept, and how long it was measured [s].

    Measured from `settle` after the car first moves while following, for as long as it follows.
    """
    radius = next(p.radius for p in world.people if p.id == follow.person)
    part = [s for s in record.samples if record.state_at(s.t).what == "following" and follow.person in s.people]
    began = next((s.t for s in part if abs(s.speed) > MOVES), math.inf) + follow.settle
    part = [s for s in part if began <= s.t <= began + follow.seconds]
    if len(part) < 2:
        return math.inf, 0.0
    errors = [
        abs(footprint_distance(spec, s.pose, *s.people[follow.person]) - radius - follow.distance) / follow.distance
        for s in part
    ]
    return max(errors), part[-1].t - part[0].t


def final_gap(record: Record, gap: Gap, world: World, spec: VehicleSpec) -> float:
    """From the car's outline at the end to the nearest object of a class, between the outlines [m]."""
    pose = record.samples[-1].pose
    own = _outline(pose, spec.front, spec.rear, spec.width)
    best = math.inf
    for body in BodySet(world).fixed:
        if body.class_name == gap.to or (gap.to == "vehicle" and body.class_name in ("car", "truck")):
            half = body.size[0] / 2
            other = _outline(body.pose, half, -half, body.size[1])
            best = min(best, *(math.dist(a, b) for a in own for b in other))
    return best


def _outline(pose: Pose2D, front: float, rear: float, width: float) -> list[tuple[float, float]]:
    """Points every 5 cm around a rectangle."""
    steps, across = round((front - rear) / 0.05), round(width / 0.05)
    points = [(rear + i * (front - rear) / steps, s * width / 2) for i in range(steps + 1) for s in (-1, 1)]
    points += [(x, -width / 2 + i * width / across) for i in range(across + 1) for x in (front, rear)]
    return [pose.to_parent(x, y) for x, y in points]


def passed_red(record: Record, world: World, light: str, spec: VehicleSpec) -> bool:
    """Whether the car's front passed a light that was red (amber it may pass)."""
    pose = next(part.pose for part in world.lights if part.id == light)
    for a, b in pairwise(record.samples):
        before, after = (s.pose.to_local(pose.x, pose.y)[0] - spec.front for s in (a, b))
        if before >= 0.0 > after:
            shown = [n.what for n in record.events if n.t <= b.t and n.what.startswith(f"{light} ")]
            return bool(shown) and shown[-1] == f"{light} red"
    return False


def judge(
    scenario: Scenario, world: World, record: Record, steps: list[StepResult], spec: VehicleSpec | None = None
) -> list[Verdict]:
    """All expectations of a scenario."""
    spec, expect = spec or VehicleSpec(), scenario.expect
    radius = REACH
    done = sum(step.done for step in steps)
    result = [Verdict("steps done", done, f"all {len(scenario.steps)}", done == len(scenario.steps))]
    if expect.collisions is not None:
        count = len(record.collisions)
        result.append(Verdict("collisions", count, f"at most {expect.collisions}", count <= expect.collisions))
    if expect.person_distance is not None and world.people:
        least = record.least_person_distance
        asked = expect.person_distance
        result.append(Verdict("least distance to a person [m]", least, f"at least {asked:g}", least >= asked))
    if expect.time_to_stop is not None:
        worst = max(times_to_stop(record, radius, spec), default=None)
        result.append(_at_most("time to stop [s]", worst, expect.time_to_stop))
    if expect.resume is not None:
        worst = max(times_to_resume(record, radius, spec), default=None)
        result.append(_at_most("resumed after [s]", worst, expect.resume))
    if expect.false_stops is not None:
        share = false_stop_share(record, world, radius, spec)
        result.append(_at_most("false stops, share of the time", share, expect.false_stops))
    if expect.red_light:
        passed = passed_red(record, world, expect.red_light, spec)
        result.append(Verdict(f"{expect.red_light} passed while red", float(passed), "no", not passed))
    if expect.follow is not None:
        error, seconds = follow_error(record, expect.follow, world, spec)
        result.append(_at_most("error of the distance kept, share", error, expect.follow.tolerance))
        enough = seconds >= expect.follow.seconds - 1.0
        result.append(Verdict("followed for [s]", seconds, f"at least {expect.follow.seconds:g}", enough))
    if expect.gap is not None:
        gap, low, high = final_gap(record, expect.gap, world, spec), expect.gap.low, expect.gap.high
        result.append(
            Verdict(f"gap to the nearest {expect.gap.to} [m]", gap, f"{low:g} to {high:g}", low <= gap <= high)
        )
    if expect.within_bounds:
        out = [s for s in record.samples if not world.bounds.holds(s.pose.x, s.pose.y)]
        result.append(Verdict("left the world's bounds", float(bool(out)), "no", not out))
    return result


def _at_most(name: str, value: float | None, limit: float) -> Verdict:
    """An expectation that was asked for and never came up has not been met."""
    return Verdict(name, value, f"at most {limit:g}", value is not None and value <= limit + 1e-6)
