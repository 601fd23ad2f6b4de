"""Plays a scenario on a stage, step by step. Knows no simulator and no ROS."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from kitt_core.geometry import wrap_angle
from kitt_inference.errors import KittError
from kitt_sim.scenarios.record import MOVES, STANDS, Record
from kitt_sim.scenarios.scenario import Condition, Scenario, Step
from kitt_sim.scenarios.stage import Stage

TICK_S = 0.05
PATIENCE_S = 3.5
"""A line that has not been understood so long after it was said is said once more, as people do."""
TRIES = 3
START = "start"
"""The event at a scenario's beginning, for people and lights that count the seconds from there."""


@dataclass(frozen=True)
class StepResult:
    """What came of a step: when it began and ended [s] since the start, and how often its line was said."""

    name: str
    began: float
    ended: float
    done: bool
    outcome: str
    tries: int = 1


def holds(condition: Condition, record: Record, since: float) -> bool:
    """Whether all that a condition asks for holds, of what has happened from `since` [s] on."""
    c, sample = condition, record.samples[-1]
    state = record.state_at(record.now)
    asked: tuple[tuple[bool, Callable[[], bool]], ...] = (
        (bool(c.state), lambda: state.what == c.state),
        (bool(c.reason), lambda: c.reason in state.more),
        (c.standing is True, lambda: abs(sample.speed) < STANDS),
        (c.standing is False, lambda: abs(sample.speed) > MOVES),
        (bool(c.command), lambda: any(n.what == c.command for n in record.since(record.commands, since))),
        (bool(c.said), lambda: any(re.search(c.said, n.what, re.I) for n in record.since(record.sayings, since))),
        (bool(c.event), lambda: any(n.what == c.event for n in record.since(record.events, since))),
        (c.travelled is not None, lambda: record.travelled(since) >= (c.travelled or 0.0)),
        (c.turned is not None, lambda: math.degrees(turned(record, since)) >= (c.turned or 0.0)),
        (c.seconds is not None, lambda: record.now - since >= (c.seconds or 0.0)),
        (c.beyond_x is not None, lambda: sample.pose.x > (c.beyond_x or 0.0)),
    )
    return all(check() for wanted, check in asked if wanted)


def turned(record: Record, since: float) -> float:
    """By how much the car has turned since [rad], whichever way."""
    part = [s.pose.yaw for s in record.samples if s.t >= since]
    return abs(sum(wrap_angle(b - a) for a, b in pairwise(part)))


def play(
    scenario: Scenario,
    steps: tuple[Step, ...],
    stage: Stage,
    on_tick: Callable[[str, Record], None],
    results: list[StepResult],
) -> None:
    """Plays all steps; after one that fails the rest is not begun, since it would not mean what it says.

    `on_tick` gets the running step's name and the record, twenty times a second. `results` grows by each step, so that
    whoever breaks the play off has what came of it until then.

    Raises:
        KittError: the simulator gives no ground truth.
    """
    record = stage.record
    while not record.samples and stage.advance(TICK_S):
        pass
    if not record.samples:
        raise KittError("the simulator gives no ground truth", "look into the nodes' output, in the run's folder")
    stage.raise_event(START)
    for step in steps:
        began = record.now
        try:
            results.append(_play_step(scenario, step, stage, on_tick))
        except BaseException:
            outcome = f"broken off; {_outcome(record, began)}"
            results.append(StepResult(step.name, began, record.now, False, outcome))
            raise
        if not results[-1].done:
            break


def _play_step(scenario: Scenario, step: Step, stage: Stage, on_tick: Callable[[str, Record], None]) -> StepResult:
    record, began, tries, due = stage.record, stage.record.now, 0, stage.record.now + step.after
    while record.now < scenario.duration:
        if tries == 0 and record.now >= due:
            began, tries = record.now, 1
            _act(step, stage)
            due = record.now + PATIENCE_S
        elif step.say is not None and 0 < tries < TRIES and record.now >= due and not _heard(step, record, began):
            tries += 1
            _act(step, stage)
            due = record.now + PATIENCE_S
        if tries and holds(step.until, record, began):
            return StepResult(step.name, began, record.now, True, _outcome(record, began), tries)
        if tries and record.now - began > step.within:
            break
        if not stage.advance(TICK_S):
            return StepResult(step.name, began, record.now, False, "the car ended", tries)
        on_tick(step.name, record)
    late = f"not within {step.within:g} s" if record.now < scenario.duration else "the scenario's time was up"
    return StepResult(step.name, began, record.now, False, f"{late}; {_outcome(record, began)}", tries)


def _act(step: Step, stage: Stage) -> None:
    if step.say is not None:
        stage.say(step.say.file)
    if step.type:
        stage.type(step.type)
    if step.event:
        stage.raise_event(step.event)
    if step.kill:
        stage.kill(step.kill)


def _heard(step: Step, record: Record, began: float) -> bool:
    """Whether the line's command has come; any command counts where the step does not say which."""
    return any(step.until.command in ("", note.what) for note in record.since(record.commands, began))


def _outcome(record: Record, began: float) -> str:
    state = record.state_at(record.now)
    said = [f"«{note.what}»" for note in record.since(record.sayings, began)]
    return "; ".join([f"{state.what} ({state.more})" if state.more else state.what, *said])
