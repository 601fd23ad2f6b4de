"""The controller: commands, sight and odometry in; a wished velocity, words and their causes out. Pure, no ROS.

What each command does stands in duties.py, what raises events in lookout.py and judgement.py, what is wished in
wishes.py; the states in state_machine.py.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field

from kitt_control import duties, judgement, lookout, wishes
from kitt_control.arbitration import AUTONOMOUS, JOYSTICK, NOBODY, HandControl, driver_of
from kitt_control.commands import Command, refusal
from kitt_control.decision import ANSWER, CHAT, SAFETY, Cause, Decision, Saying, World
from kitt_control.events import Effect, FaultRow
from kitt_control.judgement import FLOOD
from kitt_control.motion import Manoeuvre
from kitt_control.parameters import ControllerParameters
from kitt_control.parking import Parking
from kitt_control.patrol import Route
from kitt_control.search import Search
from kitt_control.sight import LightWatch, PersonWatch, SignWatch
from kitt_control.state_machine import MOVING, PAUSING, RESUME, Event, State, StateMachine
from kitt_control.targets import Target, View
from kitt_control.world import TrackFrame
from kitt_core.geometry import Twist2D
from kitt_text.grammar import Grammar, default_grammar
from kitt_text.phrases import say

ZERO = Twist2D(0.0, 0.0)
ALOUD = (Event.EMERGENCY_STOP, Event.FAULT, Event.PERSON_IN_PATH)  # what is said before anything else


@dataclass
class Controller:
    """Call `command` for each command, `tick` at 20 Hz. Not thread-safe."""

    p: ControllerParameters = field(default_factory=ControllerParameters)
    grammar: Grammar = field(default_factory=default_grammar)

    def __post_init__(self) -> None:
        self.machine = StateMachine()
        self.language = "en"
        self.speed = self.p.cruise_speed
        self.people, self.signs, self.traffic = PersonWatch(), SignWatch(), LightWatch()
        self.hand, self.route = HandControl(), Route()
        self.manoeuvre: Manoeuvre | None = None
        self.target: Target | None = None
        self.search: Search | None = None
        self.parking: Parking | None = None
        self.sleep_after = False  # good night: asleep once it stands
        self.lights = False
        self.active: Command | None = None
        self.reason = "waiting for a command"
        self.faults: tuple[FaultRow, ...] = ()
        self.heading: float | None = None
        self.track_id = ""  # of what the wish rests on
        self.doubt_since: float | None = None
        self.blocked_since: float | None = None
        self.stood_since: float | None = None
        self.commands: deque[float] = deque(maxlen=10 * FLOOD)
        self._sayings: list[Saying] = []
        self._entered = self._paused = 0.0
        self._limit = math.inf
        self._ordered_wait = False
        self._stamp = -math.inf
        self._sighted: dict[str, float] = {}  # ids of tracks to the stamp of the last frame that showed them

    @property
    def state(self) -> State:
        """The present state."""
        return self.machine.state

    def say(self, key: str, priority: int = ANSWER, **values: object) -> None:
        """Say a phrase in the operator's language."""
        self.tell(say(key, self.language, **values), priority)

    def tell(self, text: str, priority: int = ANSWER) -> None:
        """Say a text that is in the operator's language already."""
        self._sayings.append(Saying(text, self.language, priority))

    def event(self, event: Event, world: World, reason: str = "") -> bool:
        """Follow the state machine; True when the event meant something."""
        before = self.state
        transition = self.machine.handle(event)
        if transition is None:
            return False
        self.reason = reason or event.value
        self._entered, self.stood_since, self.blocked_since = world.now, None, None
        self._limit = time_limit(self.state, self.p)
        if self.state in MOVING and before not in MOVING:
            self.heading = None  # hold the heading from here on
        if before in MOVING and self.state in PAUSING:
            self._paused = world.now
        if transition.target is RESUME:
            self._go_on_after(world.now - self._paused)
        if before is State.MANUAL and event is not Event.MANUAL_ENDS:
            self.hand.lock()
        if transition.say:
            target = self.grammar.name_of(self.target.label, self.language) if self.target else ""
            self.say(
                transition.say, SAFETY if event in ALOUD else CHAT, target=target, fault=self._fault(self.language)
            )
        if self.state is State.MANUAL or self.state not in (*MOVING, *PAUSING):
            self.drop()
        if self.sleep_after and self.state is State.STOPPED and event is not Event.STOP:
            self.event(Event.SLEEP, world, "good night")
        self.sleep_after = self.sleep_after and self.state in (State.PARKING, *PAUSING)
        return True

    def drop(self) -> None:
        """Let go of everything that was being done."""
        self.manoeuvre = self.target = self.search = self.parking = self.active = None

    def command(self, command: Command, world: World) -> str:
        """Obey or refuse a command; returns the key of the phrase that refused it, "" when it was obeyed."""
        if command.language in self.grammar.languages:
            self.language = command.language
        self.commands.append(world.now)
        if len(self.commands) > FLOOD and command.name != "stop":
            self.reason = "too many commands at once"
            return "flood"  # not said aloud, for that would be a flood, too
        refused = refusal(command, world.ros, self.p) or duties.obey(self, command, world)
        if refused:
            name = command.label or (command.slot("object") or command).text
            target = self.grammar.name_of(name, self.language)
            self.say(refused, SAFETY, target=target, fault=self._fault(self.language))
            why = say(refused, "en", target=name, fault=self._fault("en"))
            self.reason = f"«{command.text or command.name}» refused: {why}"
        return refused

    def tick(self, world: World) -> Decision:
        """One step at 20 Hz: judge the gate and the senses, then wish a velocity."""
        self.track_id = ""
        frame = self.fresh(world)
        judgement.judge(self, world, frame)
        asked = self.hand.asks(world.stick, world.now, world.ros, self.p)
        if asked is not None and self.state is not State.MANUAL:
            self.event(Event.MANUAL_TAKES, world, "steered by hand")
        elif asked is None and self.state is State.MANUAL:
            self.event(Event.MANUAL_ENDS, world, "the stick was let go")
        self._see(world, frame)
        if world.now - self._entered > self._limit:
            by_order = self.state is State.WAITING and self._ordered_wait
            self.event(Event.GO_ON if by_order else Event.TIME_UP, world)
        # Each event may lead to a state in which the next one matters at once.
        for _ in range(3):
            if not lookout.look(self, world):
                break
        desired = ZERO
        if self.state is State.MANUAL:
            desired = asked or ZERO
        elif self.state in MOVING and world.odom is not None:
            desired = wishes.wish(self, world, world.odom)
        sayings, self._sayings = tuple(self._sayings), []
        command = self.active
        if self.state is State.MANUAL and world.stick is not None:
            command = Command("manual", source=JOYSTICK, begin=world.stick.stamp, end=world.stick.stamp)
        # What it remembers by odometry alone is no cause that anybody could see.
        track_id = self.track_id if self.track_id in self._sighted else ""
        cause = Cause(command, world.frame.stamp if world.frame else None, world.scan_stamp, track_id)
        return Decision(
            desired, self.state, self.reason, cause, sayings, self.faults, self.target, self.driver, self.lights
        )

    @property
    def going_back(self) -> bool:
        """Whether it goes back, so that what is ahead does not matter."""
        return self.manoeuvre is not None and self.manoeuvre.kind == "straight" and self.manoeuvre.sign < 0

    @property
    def driver(self) -> str:
        """Who drives, as /kitt/state names it."""
        if self.state is State.MANUAL:
            return JOYSTICK
        if self.active is None:
            return AUTONOMOUS if self.state in (*MOVING, *PAUSING) else NOBODY
        return driver_of(self.active)

    def _fault(self, language: str) -> str:
        """The words of the worst fault, "" without one."""
        worst = min(self.faults, key=lambda fault: fault.effect is Effect.SAY, default=None)
        return worst.say(language) if worst is not None else ""

    def wait_for(self, seconds: float | None) -> None:
        """Wait that long and then go on, or until told to."""
        self._limit = self.p.wait_time if seconds is None else seconds
        self._ordered_wait = seconds is not None

    def fresh(self, world: World) -> TrackFrame | None:
        """The newest frame, None where it is too old."""
        frame = world.frame
        return frame if frame is not None and world.fresh(frame.stamp, self.p.data_max_age) else None

    def begins_anew(self, frame: TrackFrame) -> bool:
        """Whether a frame is from long before the last one: the simulator began another run."""
        return frame.stamp < self._stamp - 1.0

    def _see(self, world: World, frame: TrackFrame | None) -> None:
        """Let everything that watches look at the frame."""
        p, odom, camera = self.p, world.odom, world.camera
        if frame is None or camera is None:
            return
        if self.begins_anew(frame):  # another odom frame: remembered places are worth nothing
            self.route.forget()
        self._stamp = frame.stamp
        self._sighted |= {track.id: frame.stamp for track in frame.tracks}
        # A target may be hidden for `data_max_age`, and its last frame as old again.
        self._sighted = {key: at for key, at in self._sighted.items() if world.ros - at <= 2.0 * p.data_max_age}
        speed = abs(odom.linear) if odom is not None else 0.0
        # Waiting for somebody, it looks as far as it will need when it drives again.
        pace = max(speed, self.speed) if self.state is State.FOR_PERSON else speed
        self.people.update(frame, camera, pace, world.now, p)
        if odom is None:
            return
        view = View(frame, camera, odom, world.points, world.scan_stamp)
        self.signs.update(frame, camera, odom, p)
        self.traffic.update(frame, camera, odom, p)
        if self.target is not None:
            self.target.update(view, world.now, p)
        if self.search is not None and self.state is State.LOOKING:
            self.search.update(frame, p)
        if self.parking is not None:
            self.parking.update(view, p)

    def _go_on_after(self, seconds: float) -> None:
        """What was timed while the car stood counts on from here."""
        for timed in (self.manoeuvre, self.search.turn if self.search else None, self.route):
            if timed is not None:
                timed.pause(seconds)


def time_limit(state: State, p: ControllerParameters) -> float:
    """How long a state may last [s]."""
    return {
        State.DRIVING: p.drive_time, State.FOLLOWING: p.follow_time, State.APPROACHING: p.approach_time,
        State.LOOKING: p.search_time, State.PARKING: p.park_time, State.PATROLLING: p.patrol_time,
        State.AT_SIGN: p.wait_time, State.AT_LIGHT: p.wait_time, State.FOR_PERSON: p.wait_time,
        State.WAITING: p.wait_time,
    }.get(state, math.inf)  # fmt: skip
