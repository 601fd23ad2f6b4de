"""The car as the console commands it, over ROS. Called from the web server's thread."""

from __future__ import annotations

import asyncio
from typing import Any

from geometry_msgs.msg import Twist, TwistStamped, Vector3
from kitt_interfaces.msg import TextInput
from kitt_interfaces.srv import CompleteText, CorrectText, UnderstandText
from std_msgs.msg import Bool, Header
from std_srvs.srv import Trigger

from kitt_console import views
from kitt_console.nodes.senses import Senses
from kitt_core.convert import to_stamp
from kitt_core.node import KittNode

_RELEASE_S = 1.0
_HELP_S = 1.0


class RosCar:
    """Implements `kitt_console.car.Car`."""

    def __init__(self, node: KittNode, senses: Senses) -> None:
        self._node: Any = node
        self.newest_picture, self.newest_sound = senses.newest_picture, senses.newest_sound
        self._lines = node.advertise("/text/input")
        self._stick = node.advertise("/cmd_vel_manual")
        self._emergency = node.advertise("/emergency_stop")
        make = self._node.create_client
        self._release = make(Trigger, "safety_gate/release_emergency_stop")
        self._complete = make(CompleteText, "text/complete")
        self._correct = make(CorrectText, "text/correct")
        self._understand = make(UnderstandText, "text/understand")
        self._held_at = float("-inf")

    def destroy(self) -> None:
        """Give the clients back; the publishers belong to the node."""
        for client in (self._release, self._complete, self._correct, self._understand):
            self._node.destroy_client(client)

    def gate_said(self, emergency_stop: bool, now: float) -> None:
        """The gate has reported at `now` [s, steady clock]."""
        self._held_at = now if emergency_stop else float("-inf")

    def type_line(self, text: str, language: str) -> bool:
        if not self._lines.wanted:
            return False
        self._lines.publish(TextInput(header=self._header(), text=text, language=language, source="console"))
        return True

    def steer(self, speed: float, turn: float) -> None:
        twist = Twist(linear=Vector3(x=speed), angular=Vector3(z=turn))
        self._stick.publish(TwistStamped(header=self._header("base_link"), twist=twist))

    def stop(self) -> None:
        self._emergency.publish(Bool(data=True))

    def stopped_since(self, begin: float) -> bool:
        return self._held_at >= begin

    async def release(self) -> tuple[bool, str]:
        answer = await self._call(self._release, Trigger.Request(), _RELEASE_S)
        if answer is None:
            return False, "The safety gate does not answer."
        return bool(answer.success), str(answer.message) or "The emergency stop is released."

    async def help_typing(self, text: str, language: str) -> dict[str, Any] | None:
        there = any(client.service_is_ready() for client in (self._complete, self._correct, self._understand))
        completed, corrected, understood = await asyncio.gather(
            self._call(self._complete, CompleteText.Request(text=text, language=language, count=4), _HELP_S),
            self._call(self._correct, CorrectText.Request(text=text, language=language), _HELP_S),
            self._call(self._understand, UnderstandText.Request(text=text, language=language), _HELP_S),
        )
        if not there:
            return None
        return views.help_typing(completed, corrected, understood)

    def _header(self, frame: str = "") -> Header:
        return Header(stamp=to_stamp(self._node.now()), frame_id=frame)

    @staticmethod
    async def _call(client: Any, request: Any, timeout_s: float) -> Any:
        """A service's answer; None where it is not there, fails or is late."""
        if not client.service_is_ready():
            return None
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Any] = loop.create_future()
        pending = client.call_async(request)

        def settle(answer: Any) -> None:
            if not done.done():
                done.set_result(answer)

        def finish(future: Any) -> None:
            answer = None if future.cancelled() or future.exception() else future.result()
            if not loop.is_closed():
                loop.call_soon_threadsafe(settle, answer)

        pending.add_done_callback(finish)
        try:
            return await asyncio.wait_for(done, timeout_s)
        except (TimeoutError, asyncio.TimeoutError):
            client.remove_pending_request(pending)
            return None
