"""console: one web page from which the car is watched and commanded."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

from kitt_console import views
from kitt_console.access import Access
from kitt_console.app import make_app
from kitt_console.console_parameters import ConsoleParameters
from kitt_console.frames import FrameSync, encode, packet, shrink
from kitt_console.hub import Hub
from kitt_console.links import is_open
from kitt_console.nodes.ros_car import RosCar
from kitt_console.nodes.senses import Senses
from kitt_console.server import Server
from kitt_console.steering import Stick
from kitt_control.nodes import wire
from kitt_core.contract import graph_name
from kitt_core.convert import msg_to_image, stamp_ns
from kitt_core.health import Level
from kitt_core.node import KittNode, run

_TICK_S = 0.1
_LINGER_S = 3.0  # a page that is loaded anew shall not make the camera stop and begin
_JPEG, _RAW = "/camera/image_raw/compressed", "/camera/image_raw"


class ConsoleNode(KittNode):
    """Callbacks keep the newest message; ten times a second what is new is shown, if anybody looks."""

    node_name = "console"
    parameters = ConsoleParameters
    params: ConsoleParameters

    def on_setup(self) -> None:
        self._hub = Hub()
        self._access = Access(self.params.tokens)
        self._stick = Stick(self.params.stick_limits)
        self._sync = FrameSync(self.params.picture_rate)
        self._diagnosis = views.Diagnosis()
        self._stops = views.LastStop()
        self._newest: dict[str, Any] = {}
        self._arrived: dict[str, float] = {}
        self._camera: Any = None
        self._heavy: list[Any] = []
        self._watched_at = float("-inf")
        self._ticks = 0
        self._senses = Senses(self)
        self._car = RosCar(self, self._senses)
        app = make_app(self._hub, self._car, self._access, self._stick)
        self._server = Server(app, self.params.host, self.params.port)

    def on_start(self) -> None:
        self._server.start()
        for name in _STATES:
            self.listen(name, self._keeper(name), newest_only=True)
        for name, (kind, view) in _EVENTS.items():
            self.listen(name, self._teller(kind, view))
        self.listen("/diagnostics", lambda message: self._diagnosis.add(message, time.monotonic()))
        self.every(_TICK_S, self._tick)
        self.every(1.0, self._report)
        node: Any = self
        node.get_logger().info(f"serving {self.params.host}:{self._server.port}; `./kitt console` tells the link")

    def on_stop(self) -> None:
        self._server.stop()

    def on_teardown(self) -> None:
        self._car.destroy()

    def on_parameters(self, old: ConsoleParameters, new: ConsoleParameters) -> None:
        if hasattr(self, "_sync"):
            self._sync.max_rate = new.picture_rate
            self._stick.limits = new.stick_limits

    # callbacks -----------------------------------------------------------------------------------------------------
    def _keeper(self, name: str) -> Callable[[Any], None]:
        def keep(message: Any) -> None:
            self._newest[name] = message
            self._arrived[name] = time.monotonic()
            if name == "/kitt/gate":
                self._car.gate_said(message.emergency_stop, self._arrived[name])
                self._stops.gate(message)
            elif name == "/kitt/state" and (stop := self._stops.state(message, time.time())):
                self._hub.state("last_stop", stop)

        return keep

    def _teller(self, kind: str, view: Callable[[Any], dict[str, Any]]) -> Callable[[Any], None]:
        return lambda message: self._hub.event(kind, view(message))

    def _on_camera(self, message: Any) -> None:
        self._camera = wire.to_camera(message)

    def _on_jpeg(self, message: Any) -> None:
        self._show(self._sync.picture(stamp_ns(message.header.stamp), bytes(message.data), time.monotonic()))

    def _on_raw(self, message: Any) -> None:
        jpeg = encode(msg_to_image(message), self.params.picture_width, self.params.jpeg_quality)
        self._show(self._sync.picture(stamp_ns(message.header.stamp), jpeg, time.monotonic()))

    def _on_tracks(self, message: Any) -> None:
        shape = self.params.camera_height, self.params.camera_x
        boxes = views.boxes(wire.to_tracks(message), self._camera, *shape)
        self._show(self._sync.boxes(stamp_ns(message.header.stamp), boxes, time.monotonic()))

    def _show(self, due: tuple[int, Any, bytes] | None) -> None:
        if due is None:
            return
        stamp, boxes, jpeg = due
        self._arrived["camera"] = time.monotonic()
        camera = self._camera
        size = [camera.width, camera.height] if camera else None
        small = shrink(jpeg, self.params.picture_width, self.params.jpeg_quality)
        self._senses.picture(small)
        self._hub.picture(packet(stamp, (self.now() - stamp) * 1e-9, size, boxes, small))

    # timers --------------------------------------------------------------------------------------------------------
    def _tick(self) -> None:
        now = time.monotonic()
        self._senses.tick()
        if self._hub.watchers or self._senses.looking:
            self._watched_at = now
        if now - self._watched_at > _LINGER_S:
            self._drop_heavy()
            return
        if not self._heavy:
            self._take_heavy()
        self._ticks += 1
        for name in list(self._newest):
            if name != "/scan" or self._ticks % 2 == 0:
                view = _STATES.get(name) or _HEAVY[name]
                extra = {"x": self.params.scan_x} if name == "/scan" else {}
                self._hub.state(name, {**extra, **view(self._newest.pop(name))})
        if self._ticks % 2 == 0:
            self._hub.pulse("ages", {name: now - at for name, at in self._arrived.items()})
        if self._ticks % 10 == 0:
            self._hub.state("diagnosis", self._diagnosis.view(now))

    def _take_heavy(self) -> None:
        node: Any = self
        there = node.count_publishers
        raw = there(graph_name(_RAW)) > 0 and there(graph_name(_JPEG)) == 0  # a camera of somebody else's
        self._heavy = [
            self.listen(_RAW if raw else _JPEG, self._on_raw if raw else self._on_jpeg, newest_only=True),
            self.listen("/camera/camera_info", self._on_camera, newest_only=True),
            self.listen("/tracks", self._on_tracks, newest_only=True),
            self.listen("/detections/model", self._senses.model),
            *(self.listen(name, self._keeper(name), newest_only=True) for name in _HEAVY),
        ]

    def _drop_heavy(self) -> None:
        for subscription in self._heavy:
            self.ignore(subscription)
        self._heavy = []

    def _report(self) -> None:
        facts = {
            "pages": self._hub.watchers,
            "refused_requests": self._access.refused,
            **{f"refused_{reason.replace(' ', '_')}": count for reason, count in self._hub.refused.items()},
        }
        open_to = "with a token" if is_open(self.params.host) else "this machine only"
        self.set_status(Level.OK, f"port {self._server.port}, {open_to}, {self._hub.watchers} pages open", **facts)


def _odom(message: Any) -> dict[str, Any]:
    odom = wire.to_odom(message)
    return views.odom(odom.x, odom.y, odom.yaw, odom.linear, odom.angular)


_STATES: dict[str, Callable[[Any], dict[str, Any]]] = {
    "/kitt/state": views.state,
    "/kitt/gate": views.gate,
    "/voice/activity": views.activity,
    "/speaker/state": views.speaker,
    "/battery_state": views.battery,
}
_HEAVY: dict[str, Callable[[Any], dict[str, Any]]] = {"/odom": _odom, "/scan": views.scan}  # only while a page is open
_EVENTS: dict[str, tuple[str, Callable[[Any], dict[str, Any]]]] = {
    "/voice/transcript": ("heard", views.speech),
    "/voice/command": ("command", views.command),
    "/say": ("said", views.say),
    "/text/completions": ("completions", views.completions),
}


def main() -> int:
    """Run the node until it is told to stop."""
    return run(ConsoleNode)


if __name__ == "__main__":
    sys.exit(main())
