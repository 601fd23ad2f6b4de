"""A running car without hardware, as a bench sees it from outside."""

from __future__ import annotations

import os
import random
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kitt_cli.bench.rest_of_car import LAUNCH, RestOfCar
from kitt_cli.launch import ament, parse
from kitt_cli.launch.run import LaunchSession
from kitt_cli.observer import Observer, observer
from kitt_inference.errors import KittError

MOVING = 0.3  # [m/s] faster than this it drives
UP_S = 90.0


@dataclass
class SimulatedCar:
    """Sees and commands the car. Arrival times are the system's [s]. Made by `simulated_car`."""

    eyes: Observer
    speed: float = 0.0
    zero_at: float | None = None  # since when it is told to stand
    commands: deque[float] = field(default_factory=lambda: deque(maxlen=100))
    heard: set[str] = field(default_factory=set)
    state = reason = ""
    why = ""  # it was told to stand
    talks: tuple[float, float] = (0.0, 0.0)  # when it began to say what it says, and will fall silent
    odom: tuple[float, float, float] = (0.0, 0.0, 0.0)  # stamp [s], way on the x axis [m], speed [m/s]

    def __post_init__(self) -> None:
        from kitt_core.contract import graph_name, topic
        from kitt_core.ports import message_type, qos_of

        for name, take in (("/cmd_vel", self._velocity), ("/kitt/gate", self._gate), ("/kitt/state", self._mind),
                           ("/voice/command", self._command), ("/odom", self._moved),
                           ("/voice/activity", lambda _message: None), ("/speaker/state", self._talked)):  # fmt: skip
            self.eyes.subscribe(name, self._taking(name, take))
        self._out: dict[str, tuple[Any, Any]] = {}
        for name in ("/text/input", "/cmd_vel_manual", "/emergency_stop", "/say"):
            row = topic(name)
            kind = message_type(row.type)
            self._out[name] = kind, self.eyes.node.create_publisher(kind, graph_name(name), qos_of(row))

    def _taking(self, name: str, take: Callable[[Any], None]) -> Callable[[Any], None]:
        def receive(message: Any) -> None:
            self.heard.add(name)
            take(message)

        return receive

    def _velocity(self, message: Any) -> None:
        self.speed = abs(message.twist.linear.x)
        standing = self.speed == 0.0 and message.twist.angular.z == 0.0
        if standing and self.zero_at is None:
            self.why = f"state «{self.state}», gate «{self.reason}»"
        self.zero_at = (self.zero_at or time.time()) if standing else None

    def _gate(self, message: Any) -> None:
        self.reason = message.reason

    def _mind(self, message: Any) -> None:
        self.state = message.state

    def _command(self, message: Any) -> None:
        if message.command == "stop":
            self.commands.append(time.time())

    def _talked(self, message: Any) -> None:
        if message.speaking:
            begin, end = (at.sec + at.nanosec * 1e-9 for at in (message.begin, message.end))
            self.talks = begin, end
        else:
            self.talks = self.talks[0], min(self.talks[1], time.time())

    def _moved(self, message: Any) -> None:
        stamp = message.header.stamp.sec + message.header.stamp.nanosec * 1e-9
        self.odom = stamp, message.pose.pose.position.x, message.twist.twist.linear.x

    def type(self, text: str) -> None:
        """Type a line to it."""
        kind, publisher = self._out["/text/input"]
        message = kind(text=text, language="en", source="bench")
        message.header.stamp = self.eyes.node.get_clock().now().to_msg()
        publisher.publish(message)

    def talk(self, text: str, seconds: float) -> bool:
        """Let it say something, unless it talks; True when it does, and goes on for `seconds` at least."""
        if self.talks[1] < time.time() + seconds:
            self.eyes.spin(max(0.0, self.talks[1] - time.time()) + 0.1)
            kind, publisher = self._out["/say"]
            message = kind(text=text, language="en", priority=kind.PRIORITY_ANSWER)
            message.header.stamp = self.eyes.node.get_clock().now().to_msg()
            publisher.publish(message)
        return self.eyes.spin(5.0, lambda: self.talks[0] <= time.time() and self.talks[1] > time.time() + seconds)

    def push(self, speed: float) -> None:
        """Hold the stick [m/s]; to be repeated."""
        kind, publisher = self._out["/cmd_vel_manual"]
        message = kind()
        message.header.stamp = self.eyes.node.get_clock().now().to_msg()
        message.twist.linear.x = speed
        publisher.publish(message)

    def emergency_stop(self) -> None:
        """Latch it."""
        kind, publisher = self._out["/emergency_stop"]
        publisher.publish(kind(data=True))

    def release(self) -> None:
        """Undo the emergency stop, and wait until it stands ready."""
        from std_srvs.srv import Trigger

        client = self.eyes.node.create_client(Trigger, "safety_gate/release_emergency_stop")
        if client.wait_for_service(5.0):
            answer = client.call_async(Trigger.Request())
            self.eyes.spin(5.0, answer.done)
        self.eyes.node.destroy_client(client)
        self.rest()

    def wait_until_up(self, needed: set[str], session: LaunchSession) -> None:
        """Until it stands, obeys, and all topics of `needed` speak.

        Raises:
            KittError: it does not come up.
        """

        def ready() -> bool:
            listens = self._out["/text/input"][1].get_subscription_count() > 0
            return listens and self.heard >= needed and (self.state, self.reason) == ("stopped", "standing")

        if not self.eyes.spin(UP_S, lambda: ready() or not session.alive) or not ready():
            raise KittError(
                f"the car did not come up: state «{self.state}», gate «{self.reason}», silent: "
                f"{', '.join(sorted(needed - self.heard)) or 'nothing'}",
                "see its words above; try `./kitt doctor`",
            )
        self.eyes.spin(1.0)

    def drive(self) -> None:
        """Let it drive until it moves.

        Raises:
            KittError: it does not.
        """
        for _ in range(5):
            self.type("go")
            if self.eyes.spin(3.0, lambda: self.speed > MOVING):
                return
        raise KittError(f"the car does not drive: state «{self.state}», gate «{self.reason}»", "is the machine busy?")

    def rest(self) -> None:
        """Let it stand, whatever it did."""
        if self.zero_at is None or self.state != "stopped":
            self.type("stop")
        self.eyes.spin(3.0, lambda: self.zero_at is not None and (self.state, self.reason) == ("stopped", "standing"))
        self.eyes.spin(0.3)


@contextmanager
def simulated_car(needed: set[str], *, whole: bool, **arguments: str) -> Iterator[SimulatedCar]:
    """A car on an empty road, in a domain of its own, standing and ready; `needed` topics must speak.

    `whole`: the launch file's car in the simulator; else controller, gate and what `arguments` ask for alone.

    Raises:
        KittError: it does not come up.
    """
    tail: deque[str] = deque(maxlen=12)
    with ExitStack() as stack:
        if whole:
            file = ament.find_launch_file("kitt_bringup", "kitt.launch.xml")
            arguments = {"sim": "builtin", "world": "empty", "voice": "false", **arguments}
        else:
            file = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kitt-bench-"))) / "bench.launch.xml"
            file.write_text(LAUNCH)
        stack.enter_context(environment("ROS_DOMAIN_ID", str(random.randint(40, 101))))
        eyes = stack.enter_context(observer("bench"))
        session = LaunchSession(parse.load(file, arguments), on_line=tail.append)
        car = SimulatedCar(eyes)
        if not whole:
            stack.callback(RestOfCar(eyes.node).close)
        session.start()
        stack.callback(lambda: session.stop(timeout=20.0))
        try:
            car.wait_until_up(needed, session)
            yield car
        except KittError as error:
            raise KittError(error.message, f"{error.remedy}; the nodes' last words:\n" + "\n".join(tail)) from error


@contextmanager
def environment(name: str, value: str) -> Iterator[None]:
    """A variable of the environment for a while."""
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
