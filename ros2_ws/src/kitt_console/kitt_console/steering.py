"""The stick: one hand at a time, nothing that waited on its way, no faster than allowed."""

from __future__ import annotations

from dataclasses import dataclass

from kitt_console.protocol import RefusedError, Steer

_HANDOVER_S = 0.5  # a hand that is silent for so long has let go


@dataclass(frozen=True, slots=True)
class StickLimits:
    """Full deflection in m/s and rad/s, and how old [s] what the hand saw may be when its wish arrives."""

    speed: float = 0.8
    turn: float = 0.8
    max_age: float = 0.4


class Stick:
    """Turns messages into velocities. It repeats nothing: when the messages end, the velocities end (deadman)."""

    def __init__(self, limits: StickLimits) -> None:
        self.limits = limits
        self._hand: object | None = None
        self._at = float("-inf")

    def steer(self, hand: object, message: Steer, now: float) -> tuple[float, float]:
        """Velocity [m/s] and turn [rad/s, left positive] that a hand wishes at `now` [s, the server's clock].

        `message.echo` is the server's own time that the page heard last: how long the message can have waited on its
        way needs no common clock then.

        Raises:
            RefusedError: it came late, or another hand holds the stick.
        """
        age = now - message.echo
        rest = message.forward == 0.0 and message.turn == 0.0  # is right however late it comes
        if not (rest or 0.0 <= age <= self.limits.max_age):
            raise RefusedError("late")
        if self._hand is not hand and self._hand is not None and now - self._at < _HANDOVER_S:
            raise RefusedError("another hand steers")
        self._hand, self._at = hand, now
        return message.forward * self.limits.speed, message.turn * self.limits.turn

    def let_go(self, hand: object) -> None:
        """A page is gone."""
        if self._hand is hand:
            self._hand = None
