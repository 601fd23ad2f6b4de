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
    SPOKEN_STOP = "stop of spoken motion"  # a soft stop where speech ordered the motion: no «stop» would be heard
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
    _row("bumper", _I, "I have touched something", "j'ai touché quelque chose", "he tocado algo",
         "clear the way, look for damage, then command anew"),
    _row("battery_empty", _S, "my battery is empty", "ma batterie est vide", "mi batería está vacía",
         "charge the battery"),
    _row("battery_low", Effect.NO_ENTRY, "my battery is low", "ma batterie est faible", "mi batería está baja",
         "charge the battery"),
    _row("camera_frozen", _S, "my picture is frozen", "mon image est figée", "mi imagen está congelada",
         "restart the camera"),
    _row("camera_dark", _S, "it is too dark for me", "il fait trop sombre pour moi", "está demasiado oscuro para mí",
         "take the cap off the lens, or give light"),
    _row("camera_covered", _S, "something covers my camera", "quelque chose cache ma caméra",
         "algo tapa mi cámara", "clean the lens"),
    _row("detections_impossible", _S, "I cannot recognise anything", "je ne peux rien reconnaître",
         "no puedo reconocer nada", "look at /diagnostics: the detector says why"),
    _row("microphone_dead", Effect.SPOKEN_STOP, "I hear nothing", "je n'entends rien", "no oigo nada",
         "look whether the microphone is plugged in and not muted"),
    _row("microphone_muted", Effect.SAY, "my microphone seems to be muted", "mon micro semble coupé",
         "mi micrófono parece silenciado", "unmute the microphone"),
    _row("node_silent", Effect.SAY, "a part of me is silent", "une partie de moi se tait",
         "una parte de mí no responde", "look at /diagnostics, start the node again"),
    _row("node_late", Effect.SAY, "a part of me is late", "une partie de moi est en retard",
         "una parte de mí va con retraso", "relieve the machine, look at /diagnostics"),
    _row("node_flooding", Effect.SAY, "a part of me talks too much", "une partie de moi parle trop",
         "una parte de mí habla demasiado", "look at /diagnostics, mend the node's rate"),
    _row("recorder_disk_full", Effect.SAY, "I cannot record any more", "je ne peux plus enregistrer",
         "ya no puedo grabar", "make room on the disk, start the recording anew"),
    _row("manual_invalid", Effect.SAY, "the stick sends nonsense", "la manette envoie n'importe quoi",
         "el mando envía tonterías", "mend the sender of /cmd_vel_manual"),
    _row("commands_flood", Effect.SAY, "too many commands at once", "trop d'ordres à la fois",
         "demasiadas órdenes a la vez", "look who sends commands"),
]  # fmt: skip
_WORDS: dict[str, tuple[str, str, str]] = {
    "clock": ("my clock jumped", "mon horloge a sauté", "mi reloj ha saltado"),
    "command": ("my commands do not arrive well", "mes ordres arrivent mal", "mis órdenes no llegan bien"),
    "cause": ("I do not know why I should drive", "je ne sais pas pourquoi je devrais rouler",
              "no sé por qué debería avanzar"),
    "scan": ("my laser does not work", "mon laser ne marche pas", "mi láser no funciona"),
    "tracks": ("my eyes do not work", "mes yeux ne marchent pas", "mis ojos no funcionan"),
    "camera": ("I do not know my camera", "je ne connais pas ma caméra", "no conozco mi cámara"),
    "odom": ("my wheels do not report", "mes roues ne répondent pas", "mis ruedas no informan"),
}  # fmt: skip
_GATE_DOUBTS = {
    Reason.NO_CLOCK: "clock", Reason.CLOCK_JUMP: "clock",
    Reason.NO_COMMAND: "command", Reason.COMMAND_STALE: "command", Reason.COMMAND_INVALID: "command",
    Reason.COMMAND_OUT_OF_RANGE: "command", Reason.COMMAND_FUTURE: "command",
    Reason.CAUSE_MISSING: "cause", Reason.CAUSE_BROKEN: "cause", Reason.CAUSE_STALE: "cause",
    Reason.CAUSE_FUTURE: "cause",
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
    lines = [
        "| fault | effect | KITT says | en français | en español | the operator can |",
        "|---|---|---|---|---|---|",
    ]
    for row in FAULTS.values():
        said = " | ".join(row.words[language] for language in ("en", "fr", "es"))
        lines.append(f"| {row.code} | {row.effect.value} | {said} | {row.remedy} |")
    return "\n".join(lines) + "\n"
