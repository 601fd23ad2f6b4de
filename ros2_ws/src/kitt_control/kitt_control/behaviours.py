"""The controller: commands, sight and odometry in; a wished velocity, words and their causes out. Pure, no ROS."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field

from kitt_control import answers, duties
from kitt_control.commands import Command, refusal
from kitt_control.decision import ANSWER, CHAT, SAFETY, Cause, Decision, Saying, World
from kitt_control.events import FAULTS, Effect, FaultRow
from kitt_control.motion import Manoeuvre, approach_speed, hold_heading
from kitt_control.parameters import ControllerParameters
from kitt_control.phrases import say
from kitt_control.reasons import Reason
from kitt_control.sight import PersonWatch, SignWatch
from kitt_control.state_machine import MOVING, Event, State, StateMachine
from kitt_control.targets import REACHED, Target
from kitt_control.world import Odom, TrackFrame
from kitt_core.geometry import Twist2D
from kitt_text.grammar import Grammar, default_grammar

ZERO = Twist2D(0.0, 0.0)
FLOOD = 10  # commands in a second; more are not obeyed, but for stop
STANDING = 0.05  # [m/s] slower is standing


@dataclass
class Controller:
    """Call `command` for each command, `tick` at 20 Hz. Not thread-safe."""

    p: ControllerParameters = field(default_factory=ControllerParameters)
    grammar: Grammar = field(default_factory=default_grammar)

    def __post_init__(self) -> None:
        self.machine = StateMachine()
        self.language = "en"
        self.speed = self.p.cruise_speed
        self.people = PersonWatch()
        self.signs = SignWatch()
        self.manoeuvre: Manoeuvre | None = None
        self.target: Target | None = None
        self.active: Command | None = None
        self.reason = "waiting for a command"
        self.faults: tuple[FaultRow, ...] = ()
        self._sayings: list[Saying] = []
        self._heading: float | None = None
        self._entered = 0.0
        self._limit = math.inf
        self._doubt_since: float | None = None
        self._blocked_since: float | None = None
        self._stood_since: float | None = None
        self._ordered_wait = False
        self._commands: deque[float] = deque(maxlen=10 * FLOOD)
        self._track_id = ""

    @property
    def state(self) -> State:
        """The present state."""
        return self.machine.state

    def say(self, key: str, priority: int = ANSWER, **values: object) -> None:
        """Say a phrase in the operator's language."""
        self._sayings.append(Saying(say(key, self.language, **values), self.language, priority))

    def event(self, event: Event, world: World, reason: str = "") -> bool:
        """Follow the state machine; True when the event meant something."""
        before = self.state
        transition = self.machine.handle(event)
        if transition is None:
            return False
        self.reason = reason or event.value
        self._entered, self._stood_since, self._blocked_since = world.now, None, None
        p = self.p
        self._limit = {
            State.DRIVING: p.drive_time, State.FOLLOWING: p.follow_time, State.APPROACHING: p.approach_time,
            State.AT_SIGN: p.wait_time, State.FOR_PERSON: p.wait_time, State.WAITING: p.wait_time,
        }.get(self.state, math.inf)  # fmt: skip
        if self.state in MOVING and before not in MOVING:
            self._heading = None  # hold the heading from here on
        if transition.say:
            target = self.grammar.name_of(self.target.label, self.language) if self.target else ""
            fault = self.faults[0].say(self.language) if self.faults else ""
            safety = event in (Event.EMERGENCY_STOP, Event.FAULT, Event.PERSON_IN_PATH)
            self.say(transition.say, SAFETY if safety else CHAT, target=target, fault=fault)
        if self.state in (State.STOPPED, State.EMERGENCY, State.FAULTED):
            self.manoeuvre, self.target, self.active = None, None, None
        return True

    def command(self, command: Command, world: World) -> str:
        """Obey or refuse a command; returns the key of the phrase that refused it, "" when it was obeyed."""
        if command.language in self.grammar.languages:
            self.language = command.language
        self._commands.append(world.now)
        if len(self._commands) > FLOOD and command.name != "stop":
            self.reason = "too many commands at once"
            return "flood"  # not said aloud, for that would be a flood, too
        refused = refusal(command, world.ros, self.p) or duties.obey(self, command, world)
        if refused:
            name = command.label or (command.slot("object") or command).text
            target = self.grammar.name_of(name, self.language)
            fault = self.faults[0].say(self.language) if self.faults else ""
            self.say(refused, SAFETY, target=target, fault=fault)
            self.reason = f"«{command.text or command.name}» refused: {say(refused, 'en', target=name, fault=fault)}"
        return refused

    def answer(self, command: Command, world: World) -> bool:
        """Answer a question; False when the command is none."""
        frame = self._fresh(world)
        kind, label, language = command.name, command.label, self.language
        if kind == "what_do_you_see":
            text = answers.what_do_you_see(frame, language, self.grammar)
        elif kind == "how_many":
            text = answers.how_many(frame, label, language, self.grammar)
        elif kind in ("where_is", "find"):
            text = answers.where_is(frame, world.camera, label, language, grammar=self.grammar, p=self.p)
        elif kind == "how_are_you":
            key = "unwell" if self.faults else "well"
            fault = self.faults[0].say(language) if self.faults else ""
            text = say(key, language, fault=fault, state=self.state.value.replace("_", " "))
        elif kind in ("who_are_you", "help", "good_night", "hello"):
            text = say({"who_are_you": "who"}.get(kind, kind), language)
        else:
            return False
        self._sayings.append(Saying(text, language, ANSWER))
        return True

    def tick(self, world: World) -> Decision:
        """One step at 20 Hz: judge the gate and the senses, then wish a velocity."""
        p, self._track_id = self.p, ""
        frame = self._fresh(world)
        self._judge(world, frame)
        speed = abs(world.odom.linear) if world.odom is not None else 0.0
        if frame is not None and world.camera is not None:
            # Waiting for somebody, it looks as far as it will need when it drives again.
            pace = max(speed, self.speed) if self.state is State.FOR_PERSON else speed
            self.people.update(frame, world.camera, pace, world.now, p)
            if world.odom is not None:
                self.signs.update(frame, world.camera, world.odom, p)
            if self.target is not None:
                self.target.update(frame, world.camera, world.now, p)
        if world.now - self._entered > self._limit:
            self.event(Event.GO_ON if self._waits_by_order() else Event.TIME_UP, world)
        # Each event may lead to a state in which the next one matters at once.
        for _ in range(3):
            if not self._look(world):
                break
        desired = self._wish(world) if self.state in MOVING and world.odom is not None else ZERO
        sayings, self._sayings = tuple(self._sayings), []
        target = self.target
        cause = Cause(self.active, frame.stamp if frame else None, world.scan_stamp, self._track_id)
        return Decision(desired, self.state, self.reason, cause, sayings, self.faults, target)

    def hold_here(self) -> None:
        """Drive on with the heading of this moment."""
        self._heading = None

    def wait_for(self, seconds: float | None) -> None:
        """Wait that long and then go on, or until told to."""
        self._limit = self.p.wait_time if seconds is None else seconds
        self._ordered_wait = seconds is not None

    def _waits_by_order(self) -> bool:
        return self.state is State.WAITING and self._ordered_wait

    def _fresh(self, world: World) -> TrackFrame | None:
        frame = world.frame
        return frame if frame is not None and world.fresh(frame.stamp, self.p.data_max_age) else None

    def _judge(self, world: World, frame: TrackFrame | None) -> None:
        """Faults and the gate's verdict."""
        gate, p = world.gate, self.p
        codes = []
        if gate is None or world.now - gate.received > p.data_max_age:
            codes.append("gate_silent")
        elif gate.code in FAULTS:
            codes.append(gate.code)
        if world.odom is None or not world.fresh(world.odom.stamp, p.data_max_age):
            codes.append("odom_silent")
        if frame is None:
            codes.append("tracks_silent")
        while self._commands and world.now - self._commands[0] > 1.0:
            self._commands.popleft()
        if len(self._commands) > FLOOD:
            codes.append("commands_flood")
        self.faults = tuple(FAULTS[code] for code in codes)
        if gate is not None and gate.emergency:
            self.event(Event.EMERGENCY_STOP, world)
        elif self.state is State.EMERGENCY and gate is not None:
            self.event(Event.EMERGENCY_RELEASED, world)
        if gate is not None and gate.code == Reason.NEUTRAL_REQUIRED.code:
            self.event(Event.GATE_RESET, world)
        stopping = [f for f in self.faults if f.effect in (Effect.SOFT_STOP, Effect.IMMEDIATE_STOP)]
        if not stopping:
            self._doubt_since = None
            self.event(Event.FAULT_CLEARED, world)
            return
        if self._doubt_since is None:
            self._doubt_since = world.now
        at_once = any(fault.effect is Effect.IMMEDIATE_STOP for fault in stopping)
        if self.state is not State.STOPPED and (at_once or world.now - self._doubt_since >= p.doubt_time):
            self.event(Event.FAULT, world, stopping[0].say("en"))

    def _look(self, world: World) -> bool:
        """Raise the event that sight or progress gives in this state; False when there is none."""
        p, odom = self.p, world.odom
        if odom is None:
            return False
        barred = world.gate is not None and world.gate.code in (Reason.OBSTACLE.code, Reason.PERSON.code)
        if not barred or self.state not in MOVING:
            self._blocked_since = None
        elif self._blocked_since is None:
            self._blocked_since = world.now
        elif world.now - self._blocked_since > p.blocked_time:
            return self.event(Event.BLOCKED, world)
        if self.state is State.DRIVING:
            return self._look_ahead(world, odom)
        if self.state is State.FOR_PERSON:
            return self.people.clear(world.now, p) and self.event(Event.PATH_CLEAR, world, "the way is clear")
        if self.state is State.AT_SIGN:
            return self._look_at_sign(world, odom)
        return self.target is not None and self._look_at_target(self.target, world)

    def _look_ahead(self, world: World, odom: Odom) -> bool:
        if self.manoeuvre is not None and self.manoeuvre.kind == "straight" and self.manoeuvre.sign < 0:
            return False  # going back: what is ahead does not matter
        if self.people.in_path is not None:
            return self.event(Event.PERSON_IN_PATH, world, "somebody is in the path")
        gap = self.signs.gap(odom, self.p)
        near = gap is not None and gap <= self.p.sign_stop_distance + 0.1
        return near and self.event(Event.SIGN_NEAR, world, "stop sign")

    def _look_at_sign(self, world: World, odom: Odom) -> bool:
        if abs(odom.linear) > STANDING:
            self._stood_since = None
        elif self._stood_since is None:
            self._stood_since = world.now
        elif world.now - self._stood_since >= self.p.sign_wait:
            self.signs.done()
            return self.event(Event.SIGN_DONE, world, "stopped at the sign, going on")
        return False

    def _look_at_target(self, target: Target, world: World) -> bool:
        if target.lost(world.now, self.p):
            return self.event(Event.TARGET_LOST, world)
        reached = self.state is State.APPROACHING and target.gap(self.p) <= self.p.approach_distance + REACHED
        return reached and self.event(Event.TARGET_REACHED, world)

    def _wish(self, world: World) -> Twist2D:
        p, odom = self.p, world.odom
        assert odom is not None
        if self.target is not None and self.state is not State.DRIVING:
            self._track_id = self.target.track_id
            keep = p.follow_distance if self.state is State.FOLLOWING else p.approach_distance
            return self.target.twist(keep, world.now, self.speed, p)
        top = self._drive_speed(odom)
        if self.manoeuvre is not None:
            if self.manoeuvre.expired(world.now, self.speed, p):
                self.event(Event.TIME_UP, world)
                return ZERO
            twist = self.manoeuvre.twist(odom, world.now, max(top, 0.05), p)
            if twist is not None:
                return twist
            then_drive, self.manoeuvre, self._heading = self.manoeuvre.then_drive, None, None
            if not then_drive:
                self.event(Event.MANOEUVRE_DONE, world)
                return ZERO
        if self._heading is None:
            self._heading = odom.yaw
        return Twist2D(top, hold_heading(self._heading, odom.yaw, top, p))

    def _drive_speed(self, odom: Odom) -> float:
        """The speed that people near the path and a stop sign ahead allow [m/s]."""
        p, top = self.p, self.speed
        if self.people.near is not None:
            top, self._track_id = min(top, p.person_slow_speed), self.people.near.id
        gap = self.signs.gap(odom, p)
        if gap is not None and self.signs.sign is not None:
            slower = max(0.15, approach_speed(gap - p.sign_stop_distance, p.deceleration))
            if slower < top:
                top, self._track_id = slower, self.signs.sign.track_id
        return top
