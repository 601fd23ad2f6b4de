"""The speech synthesisers, as far as the machine has them, and the making of shards."""

from __future__ import annotations

import random
import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from tone_corpus import NEEDS

pytest.importorskip("soxr", reason=NEEDS)
from kitt_inference.errors import KittError
from kitt_learning.speech import accents, engines, neural, shards, synthesise, texts, voices

ESPEAK = voices.Voice("espeak", "en-us", "en", 1.0)
needs_espeak = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_no_test_voice_is_trained_on(language: str) -> None:
    train, test = (voices.voices(language, split) for split in ("train", "test"))
    assert train and test
    assert not {(v.engine, v.name) for v in train} & {(v.engine, v.name) for v in test}
    assert not any(v.engine == "pico" for v in train)
    assert sum(v.share for v in train) == pytest.approx(1.0, abs=0.15)


def test_what_cannot_speak_says_why() -> None:
    with pytest.raises(voices.SynthesisError, match="no such engine"):
        engines.speak(voices.Voice("nobody", "x", "en", 1.0), "no", voices.Manner())


def test_a_missing_program_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines.shutil, "which", lambda name: None)
    found, missing = engines.available([ESPEAK])
    assert found == [] and "espeak-ng is not installed" in missing["espeak en-us"]


@needs_espeak
def test_espeak_speaks_slower_and_many_at_once() -> None:
    samples, rate = engines.speak(ESPEAK, "turn left", voices.Manner())
    slow, _ = engines.speak(ESPEAK, "turn left", voices.Manner(rate=0.7))
    assert rate > 8000 and 0.3 < len(samples) / rate < 2.0 and len(slow) > 1.1 * len(samples)
    said = ["stop", "go forward two meters", "yes"]
    many = engines.speak_many(ESPEAK, said, voices.Manner())
    for text, made in zip(said, many, strict=True):
        alone, _ = engines.speak(ESPEAK, text, voices.Manner())
        assert made is not None
        ends = [shards.trim(s, np.random.default_rng(1)) for s in (made[0], alone)]
        assert len(ends[0]) == pytest.approx(len(ends[1]), rel=0.25)


@needs_espeak
def test_shards_are_kept_and_gone_on_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voices, "voices", lambda language, split: [ESPEAK])
    monkeypatch.setattr(texts, "frequent_words", lambda language: ["house", "garden"])
    monkeypatch.setattr(texts, "sentences", lambda folder, language, split: [])
    monkeypatch.setattr(synthesise, "SHARD_HOURS", 0.003)
    synthesise._material.cache_clear()
    run = ["--out", str(tmp_path), "--seed", "3", "--language", "en"]
    assert synthesise.main([*run, "--hours", "0.003"]) == 0
    first = (tmp_path / "train_3_000.npy").read_bytes()
    assert synthesise.main([*run, "--hours", "0.006"]) == 0
    assert (tmp_path / "train_3_000.npy").read_bytes() == first
    rows = shards.rows(tmp_path)
    assert {row.language for row in rows} == {"en"} and len(list(tmp_path.glob("*.csv"))) == 2
    assert sum(row.length for row in rows) >= 0.006 * 3600 * shards.SAMPLE_RATE
    sound = np.load(tmp_path / "train_3_001.npy")
    assert sound.dtype == np.int16 and 1000 < np.abs(sound).max() <= 32767
    synthesise._material.cache_clear()


def test_no_voice_at_all_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(texts, "sentences", lambda folder, language, split: [])
    monkeypatch.setattr(engines, "available", lambda wanted: ([], {}))
    monkeypatch.setattr(texts, "frequent_words", lambda language: ["a"])
    synthesise._material.cache_clear()
    assert synthesise.main(["--out", str(tmp_path), "--language", "fr"]) == 1
    assert "no voice for fr" in capsys.readouterr().err
    synthesise._material.cache_clear()
    with pytest.raises(KittError):
        synthesise.synthesise(tmp_path, 0.1, 1, "train", None, {"de": 1.0})


def test_a_kokoro_voice_mixes_with_others_of_its_split_only() -> None:
    styles = {v.name: np.full((2, 1, 4), float(v.split == "test")) for v in voices.voices("en", "train")}
    styles |= {v.name: np.ones((2, 1, 4)) for v in voices.voices("en", "test")}
    voice = next(v for v in voices.voices("en", "train") if v.engine == "kokoro")
    styles[voice.name] = np.full((2, 1, 4), -1.0)
    mixed = np.array([neural._mixed(voice, styles, np.random.default_rng(seed)) for seed in range(40)])
    assert mixed.min() == mixed.max(axis=(1, 2, 3)).min() == -1.0 and -1.0 < mixed.max() <= 0.0
    timbre, prosody = mixed[:, 0, 0, :2], mixed[:, 0, 0, 2:]
    assert (np.ptp(timbre, axis=1) == 0).all() and (np.ptp(prosody, axis=1) == 0).all()
    assert ((timbre[:, 0] != prosody[:, 0]) == (mixed.max(axis=(1, 2, 3)) > -1.0)).all()


def test_kokoro_without_its_voices_tells_where_they_belong(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KITT_CACHE", str(tmp_path))
    monkeypatch.setattr(neural, "_need", lambda *names: None)
    monkeypatch.setattr(neural, "_package", lambda engine: (None, {}, {}))
    with pytest.raises(voices.SynthesisError, match="kokoro-js"):
        engines.speak(voices.Voice("kokoro", "af_bella", "en", 1.0), "no", voices.Manner())


@pytest.mark.parametrize(
    ("language", "habit"), [("f", "sʁˈi"), ("e", "estˈap"), ("i", "tɾˈi"), ("p", "tɾˈi"), ("h", "ʋˈən"), ("z", "wˈɛɹi")]
)
def test_english_is_spoken_with_accents(language: str, habit: str) -> None:
    plain = "stˈɑp θɹˈi wˈʌn vˈɛɹi"
    heard = [accents.accented(plain, language, random.Random(seed)) for seed in range(40)]
    assert any(habit in said.split() for said in heard)
    assert all(len(said.split()) == 4 for said in heard) and len(set(heard)) > 4  # no two speakers alike
    assert all(accents.accented(plain, "a", random.Random(seed)) == plain for seed in range(5))


def test_only_foreign_voices_have_an_accent(monkeypatch: pytest.MonkeyPatch) -> None:
    hibari = SimpleNamespace(phonemize=lambda text: ["θɹˈi"])
    monkeypatch.setattr(neural, "_package", lambda engine: hibari)
    said = {
        name: {neural._kokoro_phonemes(voices.Voice("kokoro", name, "en", 1.0), "three", seed)[0] for seed in range(40)}
        for name in ("af_bella", "ff_siwis")
    }
    assert said["af_bella"] == {"θɹˈi"} and {"θɹˈi", "sʁˈi"} <= said["ff_siwis"]
