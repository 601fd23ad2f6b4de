"""What `kitt bench stop` reckons; the car itself is stopped in tests/test_stop.py."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from kitt_cli.bench import stop
from kitt_cli.bench.pulse import place
from kitt_cli.bench.stop import Plan, Trial, bench_stop
from kitt_inference.errors import KittError

ABOUT = {"processor": "test"}


def test_only_what_was_heard_counts_and_the_target_needs_both_percentiles() -> None:
    trials = [Trial("a", 0.1, 0.2)] * 99 + [Trial("b", 0.1, math.nan)]
    report = stop._report(Plan("text", 100), trials, ABOUT)
    assert (report["trials"], report["heard"]) == (100, 99)
    assert report["to_zero"] == {"p50_ms": 200.0, "p95_ms": 200.0, "p99_ms": 200.0, "count": 99}
    assert report["command_to_zero"]["p50_ms"] == 100.0
    assert report["target"]["met"] is True
    assert report["each"][-1] == {"what": "b", "zero_ms": None}
    late = stop._report(Plan("text"), [Trial("a", 0.1, 0.2)] * 95 + [Trial("a", 0.1, 0.6)] * 5, ABOUT)
    assert late["target"]["met"] is False
    assert stop._report(Plan("text"), [Trial("a")], ABOUT)["target"]["met"] is False


def test_a_word_is_found_where_it_was_played() -> None:
    noise = np.random.default_rng(1).integers(-9000, 9000, 16000).astype(np.int16)
    assert place(noise, np.concatenate([np.zeros(777, np.int16), noise, np.zeros(500, np.int16)])) == 777


def test_recordings_are_of_test_speakers_and_come_in_the_seeds_order(tmp_path: Path) -> None:
    rows = [f"{i}.wav,{word},s{i},en" for i, word in enumerate(["stop", "go", "halt"] * 40)]
    manifest = tmp_path / "m.csv"
    manifest.write_text("path,label,speaker,language\n" + "\n".join(rows))
    clips = stop.read_manifest(manifest, stop.default_grammar(), stop.keep_split("test"))
    assert {clip.words for clip in clips if clip.meaning == "stop"} == {"stop", "halt"}
    with pytest.raises(KittError, match="cannot be read"):
        next(stop.recordings(tmp_path / "none.csv", 0))
    manifest.write_text("path,label,speaker,language\n" + "\n".join(row for row in rows if ",go," in row))
    with pytest.raises(KittError, match="no «stop»"):
        next(stop.recordings(manifest, 0))
    name, samples = next(stop.recordings(None, 0))
    assert name == "stop (en, demo)"
    assert samples.dtype == np.float32


def test_a_wrong_way_is_told() -> None:
    with pytest.raises(KittError, match="shouting") as refused:
        bench_stop(Plan("shouting"), print)
    assert "speech, text, console" in refused.value.remedy
    with pytest.raises(KittError, match="spoken stop alone"):
        bench_stop(Plan("text", talking=True), print)


def test_what_kitts_own_voice_does_is_told() -> None:
    trials = [Trial("a", 0.1, 0.2, -6.0), Trial("b", own_db=-4.0), Trial("c", own_db=-5.0)]
    report = stop._report(Plan("speech", 3, talking=True), trials, ABOUT, 2, 1)
    told = {name: report[name] for name in ("talking", "heard", "not_counted", "stopped_by_own_voice", "own_voice_db")}
    assert told == {"talking": True, "heard": 1, "not_counted": 2, "stopped_by_own_voice": 1, "own_voice_db": -5.0}
    assert stop._report(Plan("speech", 3), trials, ABOUT)["own_voice_db"] is None


def test_it_says_several_answers_so_that_it_goes_on_talking() -> None:
    texts = stop._talk(1)
    first, second = next(texts), next(texts)
    assert first != second
    assert min(len(first.split()), len(second.split())) >= 12
