"""The files of three free adventure games: each spoken line with its words.

Formats as ScummVM reads them: engines/queen (resource.cpp, talk.cpp), engines/drascula (resource.cpp, sound.cpp) and
engines/sky (disk.cpp, sound.cpp). Sound that is not MP3 is unsigned 8 bits at 11,025 Hz.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from kitt_inference.errors import KittError

_HEAD, _ENTRY = struct.Struct(">4s6s2xBH"), struct.Struct(">12sBII")
_TALK = struct.Struct(">5h6h3H")
_MP3, _TALK_HEADER, _LEVEL = 1, 20, 96
_COMMAND = re.compile(r"\*(?:XY\d\d\(\d+,\d+\)|..)", re.DOTALL)
LANGUAGES, TABLES = ("en", "es", "de", "fr", "it", "ru"), ("", "D", "B", "BJ", "E", "I", "L", "P", "T", "VB")
FIRST = 7259
"""Where the texts begin in drascula.dat."""
_EMPTY = b"\0\4\0\0"
_SKY_HEADER, _SKY_SPEECH = 22, range(50_000, 56_000)


@dataclass(frozen=True)
class Line:
    """A line: a name of its own, who says it, its words ("" where unknown), MP3 data or (n,) float32 samples."""

    name: str
    who: str
    text: str
    sound: bytes | npt.NDArray[np.float32]


def queen(path: Path, _: str = "en") -> Iterator[Line]:
    """The dialogues of Flight of the Amazon Queen, in MP3: of each file .DOG, its persons' lines and Joe's.

    A table of resources (a name of 12 characters, a bundle, offset and size) follows «QTBL». A line's sound has the
    name: the key of its dialogue, the number of the line, P or J, the number of the segment between two commands.

    Raises:
        KittError: the file is not the game's with MP3 sound, or ends early.
    """
    data = _read(path)
    try:
        mark, _version, compression, count = _HEAD.unpack_from(data)
        if mark != b"QTBL" or compression != _MP3:
            raise KittError(f"{path.name} is not the game's file with MP3 sound", "give the package's queen.1c")
        entries = [_ENTRY.unpack_from(data, _HEAD.size + i * _ENTRY.size) for i in range(count)]
        files = {name.rstrip(b"\0").decode("latin-1"): data[at : at + size] for name, _b, at, size in entries}
        for dialogue in sorted(name for name in files if name.endswith(".DOG")):
            person = dialogue[:-4].rstrip("0123456789").lower()
            for name, text in _talk(files[dialogue][_TALK_HEADER:]):
                sound = files.get(f"{name}.SB")
                if sound and text.strip():
                    yield Line(name, "joe" if "J" in name[6:7] else person, text, sound)
    except struct.error as error:
        raise KittError(f"{path.name} ends within its tables", "fetch the package again") from error


def _talk(talk: bytes) -> Iterator[tuple[str, str]]:
    """(name of the sound, words) of each segment of a dialogue."""
    head = _TALK.unpack_from(talk)
    key, joes, persons, first, second = head[2], head[3], head[4], head[11], head[13]
    joe = 32 + abs(head[0]) * _LEVEL
    for begin, count, who in ((first, persons, "P"), (joe, joes, "J")):
        at = begin
        for _ in range(count):
            (number,) = struct.unpack_from(">h", talk, at + 2)
            text, at = _string(talk, at + 4, 4)
            yield from _segments(f"{key:2d}{number:4x}{who}", text)
    if not struct.unpack_from(">H", talk, joe + 2)[0]:
        yield from _segments(f"{key:2d}SSSSJ", _string(talk, joe + 4, 2)[0])
    text, at = _string(talk, second, 2)
    yield from _segments(f"{key:2d}XXXXP", text)
    yield from _segments(f"{key:2d}XXXXJ", _string(talk, at, 2)[0])


def _string(data: bytes, at: int, align: int) -> tuple[str, int]:
    """A string with its length before it, and where the next thing begins."""
    length = data[at] if at < len(data) else 0
    end = at + 1 + length
    return data[at + 1 : end].decode("cp437"), end + -end % align


def _segments(prefix: str, text: str) -> Iterator[tuple[str, str]]:
    for number, words in enumerate(_COMMAND.split(text), 1):
        yield f"{prefix}{number:x}".upper().replace(" ", "0"), words


def drascula(folder: Path, language: str) -> Iterator[Line]:
    """The lines of Drascula in English or Spanish: N.ALS says entry N of the main table, DN.ALS of the second, ...

    Raises:
        KittError: drascula.dat does not lie in the folder or beside it, or has other tables.
    """
    places = [place for place in (folder / "drascula.dat", folder.parent / "drascula.dat") if place.is_file()]
    if not places:
        raise KittError(f"{folder} lacks drascula.dat", "copy it from the package scummvm-data")
    data, tables = _read(places[0]), list[list[str]]()
    at = FIRST
    for _ in range(len(LANGUAGES) * len(TABLES)):
        table, at = _table(data, at)
        tables.append(table)
    if len(tables[0]) < 100:
        raise KittError(f"{places[0].name} is not of the kind that is known", "take scummvm-data 2.7's")
    for number, prefix in enumerate(TABLES):
        said = tables[number * len(LANGUAGES) + LANGUAGES.index(language)]
        for index, text in enumerate(said):
            path = folder / f"{prefix}{index}.ALS"
            if text.strip() and path.is_file():
                yield Line(path.stem, prefix.lower() or "john", text, _samples(_read(path)))


def _table(data: bytes, at: int) -> tuple[list[str], int]:
    """Entries of a length, a string and padding, and where the next table begins: with an empty entry."""
    found = list[str]()
    while at + 2 <= len(data):
        size = struct.unpack_from(">H", data, at)[0]
        if size < 4 or size % 4 or size > 600 or data[at + size - 1 : at + size] != b"\0":
            break
        found.append(data[at + 2 : at + size].split(b"\0")[0].decode("cp850", "replace"))
        at += size
    return found, next((at + gap for gap in (4, 6) if data[at + gap : at + gap + 4] == _EMPTY), at)


def sky(folder: Path, _: str = "en") -> Iterator[Line]:
    """The speech of Beneath a Steel Sky (disc version), without its words, which lie compressed elsewhere.

    Raises:
        KittError: sky.dnr or sky.dsk is missing or short.
    """
    table, disc = _read(folder / "sky.dnr"), _read(folder / "sky.dsk")
    try:
        for entry in range(struct.unpack_from("<I", table)[0]):
            number, low, high = struct.unpack_from("<HIH", table, 4 + 8 * entry)
            where, flags = low & 0xFFFFFF, high << 8 | low >> 24
            start = (where & 0x7FFFFF) << 4 if where >> 23 else where & 0x7FFFFF
            size = flags & 0x3FFFFF
            if number in _SKY_SPEECH and size > _SKY_HEADER:
                yield Line(f"{number}", "sky", "", _samples(disc[start + _SKY_HEADER : start + size]))
    except struct.error as error:
        raise KittError(f"{folder}/sky.dnr ends within its table", "fetch the package again") from error


def _samples(raw: bytes) -> npt.NDArray[np.float32]:
    return np.asarray((np.frombuffer(raw, np.uint8).astype(np.float32) - 128) / 128, np.float32)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise KittError(f"cannot read {path}: {error.strerror}", "unpack the game's package there") from error
