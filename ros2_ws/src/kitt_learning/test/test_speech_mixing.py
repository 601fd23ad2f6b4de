"""Streams: of the promised shapes, the same by seed, labelled with what was drawn and where it is heard."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from kitt_learning.speech.corpus import Corpus, Labelled, noises
from kitt_learning.speech.shards import SAMPLE_RATE, Shard
from tone_corpus import NEEDS, about, write_corpus, write_noise

pytest.importorskip("soxr", reason=NEEDS)
from kitt_learning.speech import mixing
from kitt_learning.speech.mixing import STEPS, Mixer, Stream, active
from kitt_voice.features import N_MELS, STACK

WORDS = ("stop", "go", "left", "turn right", "what do you see")


class Watched(Corpus):
    """Remembers the phones that it gave."""

    def __init__(self, folder: Path, seed: int = 0) -> None:
        super().__init__([folder], seed)
        self.given: list[list[int]] = []

    def phones(self, clip: Labelled) -> list[int]:
        self.given.append(super().phones(clip))
        return self.given[-1]


@pytest.fixture
def spoken(tmp_path: Path) -> Path:
    return write_corpus(tmp_path / "spoken", WORDS)


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """No rooms, noises or bad microphones, and somebody always speaks."""
    for name, share in (("ROOM", 0.0), ("CLEAN", 1.0), ("CHEAP", 0.0)):
        monkeypatch.setattr(mixing, name, (share, share))
    monkeypatch.setattr(mixing, "SILENT", 0.0)


def streams(spoken: Path, noise: Path, seed: int, count: int = 12, **how: float) -> list[Stream]:
    mixer = Mixer(Corpus([spoken], seed), *noises([noise]), seed, **how)
    return [mixer.stream() for _ in range(count)]


@pytest.mark.parametrize("steps", [90, STEPS])
def test_streams_have_their_shapes_and_are_the_same_by_seed(spoken: Path, tmp_path: Path, steps: int) -> None:
    noise = write_noise(tmp_path / "noise")
    first, again, other = (streams(spoken, noise, seed, steps=steps) for seed in (1, 1, 2))
    for stream in first:
        assert stream.features.shape == (steps, STACK * N_MELS) and stream.features.dtype == np.float16
        assert stream.speech.shape == (steps,) and set(stream.speech.tolist()) <= {0, 1}
        assert stream.phones.ndim == 1 and stream.phones.dtype == np.int16
        assert np.isfinite(stream.features).all()
        # CTC needs a step for each phone.
        assert len(stream.phones) < steps
    for one, same, another in zip(first, again, other, strict=True):
        for name in ("features", "speech", "phones"):
            assert np.array_equal(getattr(one, name), getattr(same, name))
        assert not np.array_equal(one.features, another.features)
    assert len({stream.features.tobytes() for stream in first}) == len(first)


def contrast(made: list[Stream]) -> float:
    """How far, in mean log power, the quiet steps lie below the loud ones."""
    levels = [stream.features.astype(np.float32).max(axis=1) for stream in made]
    return float(np.mean([np.percentile(level, 98) - np.percentile(level, 5) for level in levels]))


def test_labels_are_those_of_the_drawn_clips(spoken: Path, tmp_path: Path) -> None:
    corpus = Watched(spoken)
    mixer = Mixer(corpus, *noises([write_noise(tmp_path / "noise")]), 0)
    spoke = 0
    for _ in range(30):
        corpus.given.clear()
        stream = mixer.stream()
        assert stream.phones.tolist() == [phone for phones in corpus.given for phone in phones]
        assert bool(stream.phones.size) == bool(stream.speech.any())
        spoke += bool(stream.phones.size)
    assert spoke > 20


def test_where_nobody_speaks_there_is_noise_alone(
    spoken: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mixing, "SILENT", 1.0)
    made = streams(spoken, write_noise(tmp_path / "noise"), 1)
    assert all(stream.phones.size == 0 and not stream.speech.any() for stream in made)
    assert any(stream.features.max() > -4 for stream in made)


@pytest.mark.usefixtures("plain")
def test_speech_is_marked_where_it_is_heard(spoken: Path) -> None:
    mixer = Mixer(Corpus([spoken]), [], np.zeros((0, 1), np.float32), 0)
    for _ in range(12):
        stream = mixer.stream()
        loudness = stream.features.astype(np.float32).max(axis=1)
        quiet, loud = np.percentile(loudness, 5), loudness.max()
        heard = loudness > quiet + 0.6 * (loud - quiet)
        # Two steps either way: pauses within a word, and the frame that looks ahead.
        assert not (heard & ~_widened(stream.speech > 0, 2)).any()
        assert not ((stream.speech > 0) & ~_widened(heard, 6)).any()
        assert 0.02 < stream.speech.mean() < 0.98


def test_what_is_longer_than_a_stream_is_left_out(tmp_path: Path) -> None:
    shard = Shard()
    shard.add(np.full(10 * SAMPLE_RATE, 1000, np.int16), **about("stop"))
    shard.write(tmp_path, "a")
    mixer = Mixer(Corpus([tmp_path]), [], np.zeros((0, 1), np.float32), 0)
    assert not any(mixer.stream().phones.size for _ in range(5))


@pytest.mark.usefixtures("plain")
def test_noise_lies_at_its_ratio_to_speech(spoken: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    noise = write_noise(tmp_path / "noise")

    def contrast_at(ratio_db: float | None) -> float:
        clean = 1.0 if ratio_db is None else 0.0
        monkeypatch.setattr(mixing, "CLEAN", (clean, clean))
        monkeypatch.setattr(mixing, "SNR_DB", ratio_db or 0.0)
        monkeypatch.setattr(mixing, "LEAST_SNR_DB", (ratio_db or 0.0,) * 2)
        return contrast(streams(spoken, noise, 5, count=6))

    loud_noise, soft_noise, none = (contrast_at(ratio) for ratio in (0.1, 20.0, None))
    assert loud_noise + 3 < soft_noise < none - 1


def test_harder_streams_have_more_noise(spoken: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mixing, "SILENT", 0.0)
    noise = write_noise(tmp_path / "noise")
    easy, hard = (contrast(streams(spoken, noise, 5, count=60, hardness=hardness)) for hardness in (0.0, 1.0))
    assert easy > hard + 0.5


def test_active_samples() -> None:
    frame = 320
    tone = 0.3 * np.sin(np.arange(20 * frame) * 0.3).astype(np.float32)
    silence = np.zeros(25 * frame, np.float32)
    closure = np.zeros(2 * frame, np.float32)
    marked = active(np.concatenate([silence, tone, closure, tone, silence, np.zeros(100, np.float32)]))
    assert len(marked) == 92 * frame + 100
    assert marked[25 * frame : 67 * frame].all()  # the pause of a stop consonant too
    assert not marked[: 20 * frame].any() and not marked[-20 * frame :].any()
    assert not active(silence).any()
    assert active(np.ones(100, np.float32)).all()


def _widened(marked: np.ndarray, steps: int) -> np.ndarray:
    return np.convolve(marked, np.ones(2 * steps + 1), "same") > 0
