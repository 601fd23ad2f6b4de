"""Lines of the games' files, with their words: made here in the games' formats."""

from __future__ import annotations

import csv
import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from kitt_inference.errors import KittError
from kitt_learning.speech import game_files, game_speech, human


def _string(text: str, at: int, align: int) -> bytes:
    said = bytes([len(text)]) + text.encode("cp437")
    return said + bytes(-(at + len(said)) % align)


def _dialogue() -> bytes:
    """One person's line 7 in two segments, Joe's line 1, and nothing said at the second meeting."""
    head_size = 32
    joe = bytes(2) + struct.pack(">h", 1)
    joe += _string("Who are you?", head_size + 4, 4)
    person_at = head_size + len(joe)
    person = bytes(2) + struct.pack(">h", 7)
    person += _string("I'm the pilot.*00Of course!", person_at + 4, 4)
    second_at = person_at + len(person)
    second = _string("", second_at, 2) + _string("", second_at + 2, 2)
    head = struct.pack(">5h6h3H", 0, 0, 3, 1, 1, *[0] * 6, person_at, 0, second_at) + bytes(4)
    return bytes(20) + head + joe + person + second


def _queen(path: Path, entries: dict[str, bytes]) -> Path:
    table, content, begin = b"", b"", struct.calcsize(">4s6s2xBH") + 21 * len(entries)
    for name, data in entries.items():
        table += name.encode().ljust(12, b"\0") + bytes([1]) + struct.pack(">II", begin + len(content), len(data))
        content += data
    path.write_bytes(b"QTBLCEM10\0" + bytes(2) + bytes([1]) + struct.pack(">H", len(entries)) + table + content)
    return path


def test_lines_of_the_amazon_queen_have_their_words(tmp_path: Path) -> None:
    entries = {"PILOT1.DOG": _dialogue(), "030007P1.SB": b"one", "030007P2.SB": b"two", "030001J1.SB": b"three"}
    path = _queen(tmp_path / "queen.1c", entries)
    lines = {line.name: line for line in game_files.queen(path)}
    assert lines["030007P1"] == game_files.Line("030007P1", "pilot", "I'm the pilot.", b"one")
    assert lines["030007P2"].text == "Of course!"
    assert lines["030001J1"] == game_files.Line("030001J1", "joe", "Who are you?", b"three")
    assert game_speech.write("queen", path, tmp_path / "out") == 3
    recordings = {r.path.name: r for r in human.from_manifest(tmp_path / "out/manifest.csv")}
    assert recordings["030007P1.mp3"].text == "i m the pilot"
    assert recordings["030007P1.mp3"].split == "train"


@pytest.mark.parametrize("content", [b"", b"QTBL", b"RIFF" + bytes(40), b"QTBLCEM10\0\0\0\1\0\7" + bytes(5)])
def test_other_files_are_refused_by_name(tmp_path: Path, content: bytes) -> None:
    other = tmp_path / "x.1c"
    other.write_bytes(content)
    with pytest.raises(KittError, match=r"x\.1c"):
        list(game_files.queen(other))
    with pytest.raises(KittError, match="queen"):
        list(game_files.queen(tmp_path / "queen.none"))


def _table(entries: list[str]) -> bytes:
    found = b""
    for text in entries:
        said = text.encode("cp850") + b"\0"
        size = -(-(len(said) + 2) // 4) * 4
        found += struct.pack(">H", size) + said.ljust(size - 2, b"\0")
    return found


def test_lines_of_drascula_are_those_of_their_language(tmp_path: Path) -> None:
    many = [f"LINE {i}" for i in range(1, 120)]
    data = bytes(game_files.FIRST)
    for number in range(len(game_files.TABLES)):
        for language in game_files.LANGUAGES:
            words = ["", *many] if number == 0 else ["", f"TABLE {number} {language}"]
            words[1] = f"¿QUÉ NIÑO {game_files.TABLES[number]}?" if language == "es" else words[1]
            data += (b"" if len(data) == game_files.FIRST else bytes(4 if language != "en" else 6)) + _table(words)
    folder = tmp_path / "es"
    folder.mkdir()
    (tmp_path / "drascula.dat").write_bytes(data)
    for name in ("1", "118", "VB1"):
        (folder / f"{name}.ALS").write_bytes(bytes([128] * 100 + [255, 0] * 50))
    lines = {line.name: line for line in game_files.drascula(folder, "es")}
    assert lines["1"].text == "¿QUÉ NIÑO ?"
    assert lines["118"].text == "LINE 118"
    assert lines["VB1"].text == "¿QUÉ NIÑO VB?" and lines["VB1"].who == "vb"
    assert game_speech.write("drascula", folder, tmp_path / "out", "es") == 2  # a line with digits is left out
    samples, rate = soundfile.read(tmp_path / "out/1.wav")
    assert rate == game_speech.RATE and len(samples) == 200 and samples[0] == 0 and np.abs(samples).max() > 0.9
    with pytest.raises(KittError, match="scummvm-data"):
        list(game_files.drascula(tmp_path / "no/where", "es"))


def test_lines_of_the_steel_sky_are_for_tests_only(tmp_path: Path) -> None:
    speech = bytes(22) + bytes([128, 255, 0])
    (tmp_path / "sky.dsk").write_bytes(bytes(32) + speech)
    entry = struct.pack("<HIH", 50_001, 2 | 1 << 23 | (len(speech) & 0xFF) << 24, 1 << 15)
    (tmp_path / "sky.dnr").write_bytes(struct.pack("<I", 2) + struct.pack("<HIH", 60_300, 0, 0) + entry)
    (line,) = game_files.sky(tmp_path)
    assert line.name == "50001" and line.text == ""
    np.testing.assert_allclose(np.asarray(line.sound), [0, 127 / 128, -1])
    assert game_speech.write("sky", tmp_path, tmp_path / "out") == 1
    (row,) = csv.DictReader((tmp_path / "out/manifest.csv").open(encoding="utf-8"))
    assert row["split"] == "test" and row["label"] == game_speech.NEGATIVE
    (tmp_path / "sky.dnr").write_bytes(struct.pack("<I", 9) + entry)
    with pytest.raises(KittError, match="ends within"):
        list(game_files.sky(tmp_path))


def test_a_source_that_is_missing_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert game_speech.main(["sky", str(tmp_path / "none"), str(tmp_path / "out")]) == 1
    said = capsys.readouterr().err
    assert said.startswith("error: cannot read") and said.count("\n") == 1
