"""Spoken dialogue of the free game Flight of the Amazon Queen: hours of English by many actors, to test against.

``python -m kitt_learning.speech.game_speech QUEEN.1C OUT`` writes each line as an MP3. Debian's package
`flight-of-the-amazon-queen` holds the file; its licence lets anyone pass the game on, so nothing of it is kept here.
Format: «QTBL», a version of 6 characters, 2 bytes, the compression, the number of entries; then for each a name of
12 characters, a bundle, offset and size, all big-endian (ScummVM, engines/queen/resource.cpp).
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Iterator
from pathlib import Path

from kitt_inference.errors import KittError

_HEAD, _ENTRY = struct.Struct(">4s6s2xBH"), struct.Struct(">12sBII")
MP3 = 1


def dialogue(path: Path) -> Iterator[tuple[str, bytes]]:
    """(name, MP3 data) of each spoken line.

    Raises:
        KittError: the file is not the game's with MP3 sound.
    """
    try:
        data = path.read_bytes()
        mark, _, compression, count = _HEAD.unpack_from(data)
    except (OSError, struct.error) as error:
        raise KittError(f"cannot read {path.name}: {error}", "give the package's queen.1c") from error
    if mark != b"QTBL" or compression != MP3:
        raise KittError(f"{path.name} is not the game's file with MP3 sound", "give the package's queen.1c")
    for number in range(count):
        try:
            name, _, offset, size = _ENTRY.unpack_from(data, _HEAD.size + number * _ENTRY.size)
        except struct.error as error:
            raise KittError(f"{path.name} ends within its table", "fetch the package again") from error
        stem, _, suffix = name.rstrip(b"\0").decode("latin-1").partition(".")
        if suffix == "SB" and not stem.endswith("SSSS"):  # those are effects
            yield stem, data[offset : offset + size]


def main(arguments: list[str]) -> int:
    """The command line: the game's file and the folder to fill."""
    if len(arguments) != 2:
        print("usage: python -m kitt_learning.speech.game_speech QUEEN.1C OUT", file=sys.stderr)
        return 2
    out = Path(arguments[1])
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, data in dialogue(Path(arguments[0])):
            (out / f"{name}.mp3").write_bytes(data)
    except KittError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
