"""Faults as data (after openpilot's events.py): what each does, what KITT says, what the operator can do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from kitt_control.reasons import Reason


class Effect(Enum):
    """What a fault does."""

    NO_ENTRY = "no entry"  # no new motion, what goes on goes on
    SOFT_STOP = "soft stop"  # faulted when it lasts
    IMMEDIATE_STOP = "immediate stop"  # faulted at once
    SAY = "say"  # told, nothing else


@dataclass(frozen=True)
class FaultRow:
    """One fault: its code, effect, words in three languages and the operator's remedy."""

    code: str
    effect: Effect
    words: dict[str, str]
    remedy: str

    def say(self, language: str) -> str:
        """The fault in a language; English where the language is unknown."""
        return self.words.get(language, self.words["en"])


def _row(code: str, effect: Effect, en: str, fr: str, es: str, remedy: str) -> FaultRow:
    return FaultRow(code, effect, {"en": en, "fr": fr, "es": es}, remedy)


_S, _I = Effect.SOFT_STOP, Effect.IMMEDIATE_STOP
_OWN = [
    _row("gate_silent", _S, "the safety gate is silent", "la barrière de sécurité se tait",
         "la barrera de seguridad no responde", "start the safety gate"),
    _row("odom_silent", _S, "I do not feel my wheels", "je ne sens pas mes roues", "no siento mis ruedas",
         "start the car's base"),
    _row("tracks_silent", _S, "I see nothing", "je ne vois rien", "no veo nada", "start camera and detector"),
    _row("commands_flood", Effect.SAY, "too many commands at once", "trop d'ordres à la fois",
         "demasiadas órdenes a la vez", "look who sends commands"),
]  # fmt: skip
_WORDS: dict[str, tuple[str, str, str]] = {
    "clock": ("my clock jumped", "mon horloge a sauté", "mi reloj ha saltado"),
    "command": ("my commands do not arrive well", "mes ordres arrivent mal", "mis órdenes no llegan bien"),
    "scan": ("my laser does not work", "mon laser ne marche pas", "mi láser no funciona"),
    "tracks": ("my eyes do not work", "mes yeux ne marchent pas", "mis ojos no funcionan"),
    "camera": ("I do not know my camera", "je ne connais pas ma caméra", "no conozco mi cámara"),
    "odom": ("my wheels do not report", "mes roues ne répondent pas", "mis ruedas no informan"),
}
_GATE_DOUBTS = {
    Reason.NO_CLOCK: "clock", Reason.CLOCK_JUMP: "clock",
    Reason.NO_COMMAND: "command", Reason.COMMAND_STALE: "command", Reason.COMMAND_INVALID: "command",
    Reason.COMMAND_OUT_OF_RANGE: "command", Reason.COMMAND_FUTURE: "command",
    Reason.SCAN_MISSING: "scan", Reason.SCAN_STALE: "scan", Reason.SCAN_INVALID: "scan", Reason.SCAN_FUTURE: "scan",
    Reason.TRACKS_MISSING: "tracks", Reason.TRACKS_STALE: "tracks", Reason.TRACKS_INVALID: "tracks",
    Reason.TRACKS_FUTURE: "tracks", Reason.CAMERA_UNKNOWN: "camera",
    Reason.ODOM_MISSING: "odom", Reason.ODOM_STALE: "odom", Reason.ODOM_INVALID: "odom", Reason.ODOM_FUTURE: "odom",
}  # fmt: skip
_EFFECTS = {
    Reason.CLOCK_JUMP: _I, Reason.COMMAND_INVALID: _I, Reason.COMMAND_OUT_OF_RANGE: _I,
    # Once known, intrinsics stay known: this can only be at the start.
    Reason.CAMERA_UNKNOWN: Effect.NO_ENTRY,
}  # fmt: skip

FAULTS: dict[str, FaultRow] = {row.code: row for row in _OWN} | {
    reason.code: _row(reason.code, _EFFECTS.get(reason, _S), *_WORDS[kind], reason.remedy)
    for reason, kind in _GATE_DOUBTS.items()
}
"""Every fault by its code. A doubt of the gate has the gate's code."""


def markdown() -> str:
    """The table of docs/controller.md."""
    lines = ["| fault | effect | KITT says | the operator can |", "|---|---|---|---|"]
    lines += [f"| {r.code} | {r.effect.value} | {r.words['en']} | {r.remedy} |" for r in FAULTS.values()]
    return "\n".join(lines) + "\n"
