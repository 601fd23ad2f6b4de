"""From one string to a source of sound."""

from __future__ import annotations

import re
from pathlib import Path

from kitt_inference.errors import KittError
from kitt_voice.sources.base import SoundOptions, SoundSource
from kitt_voice.sources.device import Device
from kitt_voice.sources.playback import Playback

SOUND_SUFFIXES = frozenset({".wav", ".flac", ".ogg", ".oga", ".mp3", ".aiff", ".aif", ".au", ".w64", ".rf64"})
_HELP = "give default, a device's number or name, a sound file or an http address"


def parse_source(text: str, options: SoundOptions | None = None) -> SoundSource:
    """The source that `text` names, not opened yet.

    "default", "2" or a part of a name: a device; "http://...": an address; what looks like a path: a file;
    "player:FOLDER": the files that are put into a folder. Raises
    KittError for what can never work, such as a file that does not exist; a device may still be plugged in.
    """
    options = options or SoundOptions()
    text = text.strip()
    if text.startswith("player:"):
        from kitt_voice.sources.player import Player  # it needs the suffixes from here

        return Player(Path(text.removeprefix("player:")).expanduser(), options)
    if re.match(r"https?://", text):
        return Playback(text, options)
    if re.match(r"[a-z][a-z0-9+.-]*://", text) and not text.startswith("file://"):
        raise KittError(f"sound source «{text.split('://')[0]}://…» cannot be played", _HELP)
    path = Path(text.removeprefix("file://")).expanduser()
    if text.startswith(("file://", "/", "./", "../", "~")) or path.suffix.lower() in SOUND_SUFFIXES:
        if not path.is_file():
            raise KittError(f"sound file {path} " + ("is a folder" if path.is_dir() else "does not exist"), _HELP)
        return Playback(path, options)
    return Device(text, options)
