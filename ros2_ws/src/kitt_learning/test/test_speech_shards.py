"""Shards on disk, trimming, recordings of people and noises."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from kitt_inference.errors import KittError
from kitt_learning.speech import shards
from tone_corpus import NEEDS

RATE = shards.SAMPLE_RATE


def about(text: str = "stop", language: str = "en") -> dict[str, str]:
    return {"text": text, "language": language, "engine": "e", "voice": "v", "kind": "word"}


def test_a_shard_gives_back_what_was_put_in(tmp_path: Path) -> None:
    shard = shards.Shard()
    clips = [np.arange(n, dtype=np.int16) for n in (5, 3)]
    for clip, text in zip(clips, ("arrête toi", "no, «never»"), strict=True):
        shard.add(clip, **about(text))
    shard.write(tmp_path / "new", "a")
    sound, rows = np.load(tmp_path / "new/a.npy"), shards.rows(tmp_path / "new")
    assert [row.text for row in rows] == ["arrête toi", "no, «never»"]
    for row, clip in zip(rows, clips, strict=True):
        assert np.array_equal(sound[row.start : row.start + row.length], clip)
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["a.csv", "a.npy"]


def test_an_empty_shard_writes_nothing(tmp_path: Path) -> None:
    shards.Shard().write(tmp_path, "a")
    assert list(tmp_path.iterdir()) == []


def test_a_broken_table_is_named(tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_text("start,text\n1,a\n")
    with pytest.raises(KittError, match=r"bad\.csv"):
        shards.rows(tmp_path)


def test_the_summary_counts(tmp_path: Path) -> None:
    shard = shards.Shard()
    for language in ("en", "en", "fr"):
        shard.add(np.zeros(RATE * 36, np.int16), **about(language=language))
    shard.write(tmp_path, "a")
    shards.summarise(tmp_path, {"x": 2})
    read = json.loads((tmp_path / "summary.json").read_text())
    assert read["totals"]["en all"] == {"clips": 2, "hours": 0.02}
    assert read["totals"]["all"]["clips"] == 3 and read["dropped"] == {"x": 2}


@pytest.mark.parametrize(("before", "after"), [(0, 0), (8000, 100), (100, 8000), (20000, 20000)])
def test_trim_leaves_a_little_silence(before: int, after: int) -> None:
    tone = 0.3 * np.sin(np.arange(4800) * 0.3).astype(np.float32)
    samples = np.concatenate([np.zeros(before), tone, np.zeros(after)]).astype(np.float32)
    trimmed = shards.trim(samples, np.random.default_rng(1))
    extra = len(trimmed) - len(tone)
    assert 0.09 * RATE <= extra <= 0.32 * RATE
    loud = np.flatnonzero(np.abs(trimmed) > 0.01)
    assert 0.04 * RATE <= loud[0] <= 0.16 * RATE and 0.04 * RATE <= len(trimmed) - loud[-1] <= 0.17 * RATE


@pytest.mark.parametrize("samples", [np.zeros(0), np.zeros(10), np.zeros(5000)])
def test_trim_of_silence_is_empty(samples: np.ndarray) -> None:
    assert shards.trim(samples.astype(np.float32), np.random.default_rng(1)).size == 0


def test_people_are_split_by_speaker_and_licence(tmp_path: Path) -> None:
    pytest.importorskip("soxr", reason=NEEDS)
    import soundfile

    from kitt_learning.speech import human

    rows = []
    for number in range(40):
        soundfile.write(tmp_path / f"{number}.flac", np.full(8000, 0.1), 8000)
        licence = "CC BY 4.0" if number < 30 else "none stated (no file)"
        label = "arrete-toi" if number % 2 else human.NEGATIVE
        rows.append([f"{number}.flac", label, f"speaker{number // 2}", "fr", "here", licence])
    rows.append(["missing.flac", "stop", "speaker1", "en", "here", "CC0"])
    with (tmp_path / "manifest.csv").open("w", newline="") as text:
        csv.writer(text).writerows([["path", "label", "speaker", "language", "source", "licence"], *rows])
    recordings = list(human.from_manifest(tmp_path / "manifest.csv"))
    assert {r.text for r in recordings} == {"arrête toi", "", "stop"}
    splits = {r.speaker: {x.split for x in recordings if x.speaker == r.speaker} for r in recordings}
    assert all(len(found) == 1 for found in splits.values())
    assert {r.split for r in recordings if "none" in r.licence} == {"test"}
    said: list[str] = []
    dropped = human.collect(recordings, tmp_path / "out", "people", said.append)
    assert dropped["here"] == 1 and "missing.flac" in said[0]
    assert dropped["here: short"] == 20  # one second of unknown words may be a command
    words = [row for folder in (tmp_path / "out").iterdir() for row in shards.rows(folder)]
    assert len(words) == 20 and all(abs(row.length - RATE) < 10 for row in words)


def test_a_manifest_without_a_column_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("soxr", reason=NEEDS)
    from kitt_learning.speech import human

    (tmp_path / "m.csv").write_text("path,label\na.wav,stop\n")
    with pytest.raises(KittError, match=r"m\.csv"):
        list(human.from_manifest(tmp_path / "m.csv"))


def test_descriptions_of_stamps_are_learnt_from(tmp_path: Path) -> None:
    pytest.importorskip("soxr", reason=NEEDS)
    import soundfile

    from kitt_learning.speech import human

    folder = tmp_path / "usr/share/tuxpaint/stamps/animals"
    folder.mkdir(parents=True)
    cow, lion = "A cow.\nfr.utf8=Une vache.\nes.utf8=Una vaca.\n", "A lion.\nfr.utf8=Lion.\n"
    for name, lines in (("cow", cow), ("lion", lion), ("six", "6\nfr.utf8=6\n")):
        (folder / f"{name}.txt").write_text(lines, encoding="utf-8")
        for suffix in ("_desc_fr", "_desc_es"):
            soundfile.write(folder / f"{name}{suffix}.ogg", np.full(32_000, 0.1), 16_000)
    found = {(r.language, r.path.stem): r for r in human.from_packages(tmp_path)}
    said = {key: (r.text, r.kind, r.folder) for key, r in found.items()}
    assert said["fr", "cow_desc_fr"] == ("une vache", "sentence", "human_train")  # a description, no phrase to be told
    assert said["es", "cow_desc_es"] == ("una vaca", "sentence", "human_train")
    assert said["fr", "lion_desc_fr"] == ("lion", "word", "human_train")
    assert said["fr", "six_desc_fr"] == ("", "sentence", "negatives_train")  # who knows how a digit is read
    assert found["fr", "cow_desc_fr"].speaker != found["es", "cow_desc_es"].speaker


def test_backgrounds_are_what_is_heard_between_words(tmp_path: Path) -> None:
    pytest.importorskip("soxr", reason=NEEDS)
    from kitt_learning.speech import noises

    rng = np.random.default_rng(5)
    hiss = rng.normal(0, 30, RATE).astype(np.int16)
    word = hiss.copy()
    word[6000:10_000] += (8000 * np.sin(np.arange(4000) * 0.4)).astype(np.int16)
    shard = shards.Shard()
    for clip, engine in ((word, "human"), (np.where(np.abs(word) > 200, word, 0), "human"), (word, "espeak")):
        shard.add(clip.astype(np.int16), text="stop", language="en", engine=engine, voice=engine, kind="word")
    shard.write(tmp_path, "a")
    found = list(noises.backgrounds(tmp_path, 1))
    assert [voice for _, voice in found] == ["human"]  # neither digital silence nor a synthesiser
    assert len(found[0][0]) >= noises.BACKGROUND_S * RATE
    assert 20 < float(found[0][0].std()) < 40 and float(np.abs(found[0][0]).max()) < 400


def test_noises_have_their_colour_and_rooms_their_decay() -> None:
    pytest.importorskip("soxr", reason=NEEDS)
    from kitt_learning.speech import noises

    rng = np.random.default_rng(3)
    for exponent in (0.0, 1.0, 2.0):
        power = np.abs(np.fft.rfft(noises.coloured(exponent, 20.0, rng))) ** 2
        low, high = power[20 * 200 : 20 * 400].mean(), power[20 * 2000 : 20 * 4000].mean()
        assert np.log10(low / high) == pytest.approx(exponent, abs=0.15)
    for _ in range(5):
        room = noises.room(rng)
        assert np.sum(room**2) == pytest.approx(1.0, rel=1e-3) and np.isfinite(room).all()
        assert room[0] != 0 and np.sum(room[:4000] ** 2) > 0.9
    clips = [np.full(3000, 1000, np.int16)]
    assert np.abs(noises.babble(clips, 2.0, 4, rng)).max() == pytest.approx(noises.PEAK, rel=1e-3)
