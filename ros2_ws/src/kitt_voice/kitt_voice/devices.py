"""Sound devices of both directions: what there is, and which one is meant. Through PortAudio."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import Any

from kitt_inference.errors import KittError


@dataclass(frozen=True)
class SoundDevice:
    """index, name: as PortAudio counts and calls it; channels: most it takes; rate: its own [Hz]."""

    index: int
    name: str
    channels: int
    rate: int


@dataclass(frozen=True)
class Direction:
    """How a kind of device is spoken of."""

    noun: str
    does: str


MICROPHONE = Direction("microphone", "captures")
LOUDSPEAKER = Direction("loudspeaker", "plays")


def library(what: str) -> Any:
    """The module sounddevice. Raises KittError, naming what needs it, when it or PortAudio is missing."""
    try:
        import sounddevice
    except ImportError as error:
        raise KittError(f"{what} needs sounddevice, which is not installed", "./kitt setup") from error
    except OSError as error:
        raise KittError(
            f"{what} needs PortAudio, which is not installed ({error})", "sudo apt-get install libportaudio2"
        ) from error
    return sounddevice


def listed(direction: str, what: str) -> list[SoundDevice]:
    """The devices of a direction, input or output. Raises KittError when PortAudio is missing."""
    key = f"max_{direction}_channels"
    return [
        SoundDevice(i, str(row["name"]), int(row[key]), int(row["default_samplerate"]))
        for i, row in enumerate(library(what).query_devices())
        if row[key] > 0
    ]


def choose(wanted: str, devices: list[SoundDevice], default: int, direction: Direction) -> SoundDevice:
    """The device that a text means: default, a number, a name or a part of one (capitals do not matter).

    default: PortAudio's number of the default device, -1 for none. Raises KittError listing what there is.
    """
    there = ", ".join(f"{d.index}: {d.name}" for d in devices)
    if not devices:
        raise KittError(
            f"no {direction.noun} «{wanted}»: no device {direction.does} sound",
            "connect one; check that a sound server runs and that you are in the group audio",
        )
    if wanted in ("", "default"):
        found = [d for d in devices if d.index == default] or devices[:1]
    elif wanted.isdigit():
        found = [d for d in devices if d.index == int(wanted)]
    else:
        low = wanted.lower()
        found = [d for d in devices if d.name.lower() == low] or [d for d in devices if low in d.name.lower()]
    if not found:
        raise KittError(f"no {direction.noun} «{wanted}»", f"connect it, or take one of: {there}")
    return found[0]


def words_of(error: Exception) -> str:
    """A PortAudioError in one line, without its number."""
    return " ".join(str(error.args[0] if error.args else error).split())


def look_again(sd: Any) -> None:
    """Have PortAudio list the devices anew: it does so only when it starts."""
    sd._terminate()
    sd._initialize()


def let_go(stream: Any) -> None:
    """Close a stream, None too, whatever state its device is in."""
    if stream is not None:
        with contextlib.suppress(Exception):
            stream.abort(ignore_errors=True)
            stream.close(ignore_errors=True)
