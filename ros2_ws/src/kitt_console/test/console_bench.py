"""A car that notes what it was told, and a console for it."""

from __future__ import annotations

import time

from starlette.testclient import TestClient

from kitt_console.access import Access, Tokens
from kitt_console.app import make_app
from kitt_console.hub import Hub
from kitt_console.steering import Stick, StickLimits

TOKENS = Tokens("drive-" + "d" * 20, "watch-" + "w" * 20)
ELSEWHERE = ("192.168.7.7", 40000)


class FakeCar:
    """`kitt_console.car.Car` without a car."""

    def __init__(self):
        self.lines, self.wishes, self.stops, self.releases = [], [], 0, 0
        self.hears = self.gate_answers = True
        self.help = {"completions": [{"text": "stop", "suffix": "op", "score": 0.9, "command": "stop"}]}
        self._held_at = float("-inf")

        self.picture = self.sound = None

    def newest_picture(self):
        return self.picture

    def newest_sound(self):
        return self.sound

    def type_line(self, text, language):
        if self.hears:
            self.lines.append((text, language))
        return self.hears

    def steer(self, speed, turn):
        self.wishes.append((speed, turn))

    def stop(self):
        self.stops += 1
        if self.gate_answers:
            self._held_at = time.monotonic()

    def stopped_since(self, begin):
        return self._held_at >= begin

    async def release(self):
        self.releases += 1
        return self.gate_answers, "released" if self.gate_answers else "the car still moves"

    async def help_typing(self, text, language):
        return self.help and {**self.help, "asked": [text, language]}


class Console:
    """The application with everything that a test wants to look at."""

    def __init__(self):
        self.hub, self.car = Hub(), FakeCar()
        self.access = Access(TOKENS)
        self.app = make_app(self.hub, self.car, self.access, Stick(StickLimits(1.0, 2.0, 0.4)))

    def client(self, token="", address=ELSEWHERE, host="kitt.local:8080", **headers):
        """A browser; without a token and from elsewhere by default."""
        headers = {"host": host, **({"authorization": f"Bearer {token}"} if token else {}), **headers}
        return TestClient(self.app, f"http://{host}", client=address, headers=headers, follow_redirects=False)
