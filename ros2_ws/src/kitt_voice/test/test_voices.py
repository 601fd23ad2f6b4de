"""Which voice speaks, and what is said when there is none or its model is damaged."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from kitt_inference import zoo
from kitt_inference.errors import KittError
from kitt_voice.speech import hibari, kokoro, programs, voices
from kitt_voice.speech.base import RATE
from kitt_voice.speech.character import kitt
from kitt_voice.speech.studio import Studio


@pytest.fixture
def bare(tmp_path, monkeypatch):
    """A machine without packages, models and programs."""
    monkeypatch.setenv("KITT_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("KITT_MODEL_MIRROR", raising=False)
    monkeypatch.setattr(hibari.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(programs.shutil, "which", lambda name: None)
    for cached in (kokoro._network, kokoro._styles):
        cached.cache_clear()
    yield tmp_path
    for cached in (kokoro._network, kokoro._styles):
        cached.cache_clear()


@pytest.mark.parametrize(
    ("language", "remedy"), [("en", "hibari-tts"), ("fr", "kitt models fetch kokoro_82m"), ("es", "kitt models fetch")]
)
def test_without_anything_the_remedy_of_the_best_is_named(bare, language, remedy):
    for ask in (voices.open_voice, voices.name_of):
        with pytest.raises(KittError) as caught:
            ask("auto", language)
        assert remedy in caught.value.remedy
        assert "espeak-ng is not installed" in caught.value.message


def test_wrong_names_say_what_would_be_right():
    with pytest.raises(KittError, match="no voice «x»") as caught:
        voices.open_voice("x", "en")
    assert "hibari" in caught.value.remedy
    with pytest.raises(KittError, match="no voice for «de»"):
        voices.open_voice("auto", "de")
    with pytest.raises(KittError, match="hibari does not speak"):
        voices.open_voice("hibari", "fr")


def test_a_damaged_model_is_named(bare):
    for name in (kokoro.MODEL, kokoro.STYLES):
        file = zoo.cached_file(zoo.find(name))
        file.parent.mkdir(parents=True)
        file.write_bytes(b"no model")
    with pytest.raises(KittError, match="kokoro_82m is damaged") as caught:
        voices.open_voice("kokoro", "fr")
    assert "--force" in caught.value.remedy


def test_a_program_that_fails_is_named(bare, monkeypatch):
    folder = bare / "bin"
    folder.mkdir()
    for words, message in (("echo broken >&2; exit 3", "failed .broken"), ("echo no wav", "gave no sound")):
        (folder / "espeak-ng").write_text(f"#!/bin/sh\n{words}\n")
        (folder / "espeak-ng").chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}:/bin:/usr/bin")
        monkeypatch.setattr(programs.shutil, "which", lambda name: str(folder / name))
        with pytest.raises(KittError, match=message):
            voices.open_voice("espeak", "en").speak("hello", "en")


@pytest.mark.skipif(not shutil.which("espeak-ng"), reason="espeak-ng: apt-get install espeak-ng")
def test_espeak_speaks():
    samples = voices.open_voice("espeak", "fr").speak("Bonjour, tout va bien.", "fr")
    assert samples.dtype == np.float32
    assert 0.8 * RATE < len(samples) < 4 * RATE


@pytest.mark.parametrize("language", ["en", "fr", "es"])
def test_kitts_own_voices_speak(language):
    try:
        voice = voices.open_voice({"en": "hibari"}.get(language, "kokoro"), language)
    except KittError as error:
        pytest.skip(str(error))
    one = voice.speak("no, dos, hola", language)
    assert RATE * 0.4 < len(one) < RATE * 4
    assert 0.02 < float(np.abs(one).max()) < 2.0
    assert np.array_equal(one, voice.speak("no, dos, hola", language))
    assert len(voice.speak("。", language)) == 0


def test_kitts_manner_is_even_and_bounded():
    time = np.arange(RATE) / RATE
    tone = np.sin(2 * np.pi * 200 * time).astype(np.float32)
    quiet, loud = kitt(0.01 * tone), kitt(tone)
    assert float(np.abs(loud).max()) <= 0.9
    assert np.allclose(quiet, loud, atol=0.02)
    assert len(kitt(np.zeros(1000, np.float32))) == 0
    broken = tone.copy()
    broken[100:200] = np.nan
    assert np.isfinite(kitt(broken)).all()


class Beeper:
    """A voice that counts how often it speaks."""

    name = "beeper"

    def __init__(self):
        self.spoken = []

    def speak(self, text, language):
        self.spoken.append(text)
        return (0.3 * np.sin(np.arange(RATE // 4) * 0.2)).astype(np.float32)


def studio(folder, monkeypatch, beeper):
    monkeypatch.setattr("kitt_voice.speech.studio.open_voice", lambda name, language: beeper)
    monkeypatch.setattr("kitt_voice.speech.studio.name_of", lambda name, language: "beeper")
    return Studio(folder=folder)


def test_prepared_pieces_are_there_after_a_restart(tmp_path, monkeypatch):
    beeper = Beeper()
    first = studio(tmp_path, monkeypatch, beeper)
    assert first.ready("Stop.", "en") is None
    made = first.make("Stop.", "en", lasting=True)
    first.make("Passing.", "en")
    second = studio(tmp_path, monkeypatch, beeper)
    assert np.allclose(second.ready("Stop.", "en"), made, atol=1e-4)
    assert second.ready("Passing.", "en") is None
    assert second.ready("Stop.", "fr") is None
    assert beeper.spoken == ["Stop.", "Passing."]


@pytest.mark.parametrize("damage", [b"", b"\x93NUMPY", b"x" * 5000])
def test_a_damaged_sound_file_is_made_anew(tmp_path, monkeypatch, damage):
    beeper = Beeper()
    studio(tmp_path, monkeypatch, beeper).make("Stop.", "en", lasting=True)
    (file,) = tmp_path.glob("*.npy")
    file.write_bytes(damage)
    again = studio(tmp_path, monkeypatch, beeper)
    assert again.ready("Stop.", "en") is None
    again.make("Stop.", "en", lasting=True)
    assert len(beeper.spoken) == 2
    assert studio(tmp_path, monkeypatch, beeper).ready("Stop.", "en") is not None


def test_a_folder_that_cannot_be_written_costs_nothing_but_time(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    made = studio(tmp_path / "file" / "below", monkeypatch, Beeper()).make("Stop.", "en", lasting=True)
    assert len(made)
