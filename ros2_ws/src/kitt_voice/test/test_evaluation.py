"""Figures and mixing, held against values worked out by hand."""

from __future__ import annotations

import math
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from kitt_inference.errors import KittError
from kitt_text.grammar import SlotValue, default_grammar
from kitt_voice import evaluation as ev
from kitt_voice import evaluation_audio as audio
from kitt_voice import evaluation_run as run

RATE = 16000


def tone(seconds, level=0.3, hertz=300.0):
    return (level * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)).astype(np.float32)


def clip(words="left", meaning="left", language="en"):
    return ev.Clip(Path(f"{words}.wav"), words, language, meaning)


def test_labels_mean_what_the_grammar_says():
    grammar = default_grammar()
    assert ev.label_meaning(grammar, "backward", "en") == ev.label_meaning(grammar, "back", "en") == "back"
    assert ev.label_meaning(grammar, "arrete-toi", "fr") == ev.label_meaning(grammar, "stop", "en") == "stop"
    assert ev.label_meaning(grammar, "house", "en") == ""
    assert ev.label_meaning(grammar, "", "en") == ev.label_meaning(grammar, "_noise_", "-") == ""
    assert ev.label_meaning(grammar, "derecha", "en") == ""  # a Spanish command is no English word
    assert ev.label_meaning(grammar, "derecha", "es") == "right"
    assert ev.label_meaning(grammar, "forward two meters", "en") == "forward(2m)"


def test_meanings_tell_values_apart():
    two, three = (ev.meaning_of("forward", (SlotValue("distance", "x", value, "m"),)) for value in (2.0, 3.0))
    assert two != three
    assert ev.meaning_of("find", (SlotValue("object", "a dog", math.nan, "", "dog"),)) == "find(dog)"
    assert ev.meaning_of("", ()) == ""


def test_a_wrong_event_beside_the_right_one_is_wrong():
    assert ev.Outcome(clip(), ("left",)).verdict == "correct"
    assert ev.Outcome(clip(), ("left", "right")).verdict == "wrong"
    assert ev.Outcome(clip(), ()).verdict == "missed"


def test_figures_by_word_and_language():
    outcomes = [ev.Outcome(clip(), ("left",), 0.1)] * 3 + [ev.Outcome(clip(), ("right",))]
    outcomes += [ev.Outcome(clip("droite", "right", "fr"), ())]
    found = ev.figures(outcomes)
    assert (found["count"], found["correct"], found["wrong"], found["missed"]) == (5, 3, 1, 1)
    assert found["accuracy"] == pytest.approx(0.6)
    assert found["macro_accuracy"] == pytest.approx((0.75 + 0.0) / 2)
    assert found["languages"]["fr"]["miss_rate"] == 1.0
    left = next(row for row in found["words"] if row["word"] == "left")
    assert left["heard"] == {"right": 1}
    assert found["latency"] == {"p50_ms": 100.0, "p95_ms": 100.0, "max_ms": 100.0, "count": 3}


def test_figures_of_nothing_are_no_error():
    assert ev.figures([])["accuracy"] is None
    assert ev.per_hour([], 0.0)["per_hour"] is None


def test_a_speaker_is_in_one_split_and_the_shares_are_right():
    splits = [ev.split_of(f"speaker {number}") for number in range(4000)]
    assert splits.count("test") / 4000 == pytest.approx(0.20, abs=0.02)
    assert splits.count("dev") / 4000 == pytest.approx(0.05, abs=0.01)
    trained = next(f"speaker {n}" for n in range(100) if splits[n] == "train")
    assert ev.split_of(trained, "CC BY 4.0") == "train"
    assert ev.split_of(trained, "none stated (repo has no licence file)") == "test"


def test_manifest_columns_and_parts(tmp_path):
    file = tmp_path / "list.csv"
    file.write_text("file,label,start,end,language\na.wav,left,0.5,1.5,en\nb.wav,,,,fr\n", "utf-8")
    first, second = ev.read_manifest(file, default_grammar())
    assert (first.path, first.start_s, first.end_s, first.meaning) == (tmp_path / "a.wav", 0.5, 1.5, "left")
    assert (second.meaning, second.words, second.end_s) == ("", "", None)
    assert [c.words for c in ev.read_manifest(file, default_grammar(), lambda row: row["language"] == "fr")] == [""]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name,label\na,b\n", "no columns path and label"),
        ("path,label\n", "has no rows"),
        ("path,label,start,end\na.wav,left,x,1\n", "line 2"),
        ("path,label,start,end\na.wav,left,2,1\n", "empty"),
        ("path,label\n,left\n", "names no file"),
    ],
)
def test_a_wrong_manifest_is_named(tmp_path, text, words):
    file = tmp_path / "list.csv"
    file.write_text(text, "utf-8")
    with pytest.raises(KittError, match=words):
        ev.read_manifest(file, default_grammar())


def test_a_missing_or_binary_manifest_is_named(tmp_path):
    (tmp_path / "list.csv").write_bytes(b"\xff\xfe\x00\x81")
    for name in ("list.csv", "gone.csv"):
        with pytest.raises(KittError, match="cannot be read"):
            ev.read_manifest(tmp_path / name, default_grammar())


def test_the_word_ends_where_it_falls_thirty_decibels():
    loud, tail = tone(0.4), tone(0.5, 0.3 * 10 ** (-35 / 20))
    assert audio.word_end(np.concatenate([loud, tail])) == pytest.approx(0.4, abs=0.011)
    assert audio.word_end(np.zeros(RATE, np.float32)) == 0.0
    assert audio.word_end(np.zeros(0, np.float32)) == 0.0


@pytest.mark.parametrize("snr", [20.0, 5.0, 0.0])
def test_mixing_gives_the_ratio_over_the_words_only(snr):
    word = tone(0.5)
    speech = np.concatenate([np.zeros(RATE, np.float32), word, np.zeros(RATE, np.float32)])
    noise = np.random.default_rng(3).standard_normal(len(speech)).astype(np.float32)
    mixed = audio.mix(speech, noise, snr, audio.active_rms(speech))
    assert np.abs(mixed).max() <= 1.0
    added = mixed[:RATE]
    # the loudest sample may have been scaled down to 1: the word's part is what the noise leaves
    kept = float(mixed[RATE : RATE + len(word)] @ word / (word @ word))
    assert 20 * np.log10(kept * audio.active_rms(word) / np.sqrt(np.mean(added**2))) == pytest.approx(snr, abs=0.5)


def test_background_has_the_level_and_the_colour_of_the_pauses():
    random = np.random.default_rng(0)
    hiss = 0.01 * random.standard_normal(RATE)
    low = np.convolve(hiss, np.ones(32) / 32, "same")
    clip_ = np.concatenate([low, tone(0.5), low]).astype(np.float32)
    noise = audio.background(clip_, RATE, 1)
    assert np.sqrt(np.mean(noise**2)) == pytest.approx(np.sqrt(np.mean(low**2)), rel=0.3)
    power = np.abs(np.fft.rfft(noise)) ** 2
    assert power[: RATE // 32].sum() > 5 * power[RATE // 8 :].sum()
    silent = audio.background(np.zeros(RATE, np.float32), 1000, 1)
    assert 0.0 < np.abs(silent).max() < 1e-3


def test_embedding_keeps_the_clip_and_adds_its_surroundings():
    samples = tone(0.3)
    whole = audio.embed(samples, 5)
    begin = round(audio.BEFORE_S * RATE)
    assert np.array_equal(whole[begin : begin + len(samples)], samples)
    assert len(whole) == len(samples) + round((audio.BEFORE_S + audio.AFTER_S) * RATE)
    assert np.array_equal(whole, audio.embed(samples, 5))


def test_pink_falls_three_decibels_an_octave():
    power = np.abs(np.fft.rfft(audio.pink(RATE * 8, 2))) ** 2
    octave = lambda hertz: power[hertz * 8 : 2 * hertz * 8].mean()  # noqa: E731
    assert 10 * np.log10(octave(500) / octave(1000)) == pytest.approx(3.0, abs=0.7)


class Ears:
    """Reports «left» 100 ms after the sound has ended."""

    def __init__(self, command="left"):
        self.command = command
        self.reset()

    def reset(self):
        self.time_s, self.ends_s = 0.0, None

    def push(self, samples):
        self.time_s += len(samples) / RATE
        if np.abs(samples).max() > 3000:
            self.ends_s = self.time_s
        if self.ends_s is not None and self.time_s - self.ends_s > 0.09:
            self.ends_s = None
            return [SimpleNamespace(command=self.command, slots=(), text=self.command, language="en", confidence=0.9,
                                    end_s=self.time_s)]  # fmt: skip
        return []

    def flush(self):
        return []


def quiet(_what, _done, _total):
    pass


def test_clips_go_through_as_from_a_microphone():
    clips = [clip(), clip("house", "")]
    result = run.stream(clips, Ears(), lambda _clip: tone(0.5), run.Noise(), quiet)
    assert [o.verdict for o in result.outcomes] == ["correct"]
    assert result.outcomes[0].latency_s == pytest.approx(0.1, abs=0.03)
    assert [(f.command, f.label) for f in result.false_accepts] == [("left", "house")]
    assert result.silent_s == pytest.approx(0.5)


def test_a_bad_clip_does_not_stop_the_others():
    def read(clip_):
        if clip_.words == "bad":
            raise KittError("bad.wav is empty")
        return tone(0.5)

    result = run.stream([clip("bad"), clip()], Ears(), read, run.Noise(), quiet)
    assert ([str(p) for p in result.problems], len(result.outcomes)) == (["bad.wav is empty"], 1)


def test_long_recordings_count_events_and_hours():
    blocks = [audio.to_int16(np.concatenate([tone(0.2), np.zeros(RATE, np.float32)]))] * 3
    cut = [block[at : at + 320] for block in blocks for at in range(0, len(block), 320)]
    found, seconds = run.long_recording(Path("prose.wav"), Ears(), cut, quiet)
    assert seconds == pytest.approx(3.6)
    assert len(found) == 3
    assert ev.per_hour(found, seconds)["per_hour"] == pytest.approx(3000.0)


def test_offline_is_closed_to_the_words_of_the_manifest():
    clips = [clip(), clip("right", "right"), clip("house", ""), clip("droite", "right", "fr")]
    asked = []

    def classify(samples, words, language):
        asked.append((len(samples), words, language))
        return "left" if language == "en" else ""

    result = run.offline(clips, classify, lambda _clip: tone(0.5), quiet)
    assert asked[0] == (8000, ("left", "right"), "en") and asked[2][1] == ("droite",)
    assert [o.verdict for o in result.outcomes] == ["correct", "wrong", "missed"]


def test_noise_is_the_same_for_the_same_seed_and_another_for_another():
    samples = tone(0.5)
    first, again, other = (run.Noise(10.0, seed=s).onto(samples, audio.embed(samples, 1), 7) for s in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    given = run.Noise(0.0, (audio.pink(100, 1),), 1).onto(samples, audio.embed(samples, 1), 7)
    assert len(given) == len(first)
