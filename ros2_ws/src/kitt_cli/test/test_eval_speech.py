"""kitt eval speech on clips made of tones: counts that are known beforehand."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import tone_speech
from kitt_cli import main
from kitt_cli.speech import rivals
from kitt_voice import opening
from tone_speech import GRAMMAR, RATE, say, write_wav


@pytest.fixture
def kitt(tmp_path, monkeypatch, capfd):
    for name in ("find", "AcousticModel"):
        monkeypatch.setattr(opening, name, getattr(opening, name))
    monkeypatch.setattr(opening.AcousticModel, "load", opening.AcousticModel.load)
    tone_speech.install()
    (tmp_path / "grammar.yaml").write_text(GRAMMAR, "utf-8")
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        words = ["kitt", "eval", "speech", *map(str, arguments), "--grammar", "grammar.yaml"]
        monkeypatch.setattr("sys.argv", words)
        with pytest.raises(SystemExit) as stop:
            main.main()
        captured = capfd.readouterr()
        return stop.value.code or 0, captured.out, [line for line in captured.err.splitlines() if line.strip()]

    return run


@pytest.fixture
def manifest():
    """Six clips: one is labelled wrongly, one is silent, one has no label, one is no command."""
    rows = ["path,label,speaker,language"]

    def add(name, label, samples, language="en", speaker="a"):
        write_wav(Path(f"{name}.wav"), samples)
        rows.append(f"{name}.wav,{label},{speaker},{language}")

    add("left", "turn_left", say("turn left", around_s=0.2))
    add("right", "turn-right", say("turn right", around_s=0.2), speaker="b")
    add("swapped", "stop", say("left", around_s=0.2))
    add("silent", "go", np.zeros(RATE, np.int16))
    add("droite", "droite", say("droite", "fr", around_s=0.2), "fr", "c")
    add("nothing", "", say("gauche", "fr", around_s=0.2), "fr")
    add("dog", "dog", say("dog", around_s=0.2))
    Path("list.csv").write_text("\n".join(rows) + "\n", "utf-8")
    return "list.csv"


def test_figures_of_clips(kitt, manifest):
    status, out, errors = kitt("--manifest", manifest, "--json")
    assert (status, errors) == (0, [])
    report = json.loads(out)
    assert (report["clips"], report["clips_with_command"], report["speakers"]) == (7, 5, 3)
    streaming = report["streaming"]
    assert [streaming[key] for key in ("count", "correct", "wrong", "missed")] == [5, 3, 1, 1]
    assert streaming["languages"]["fr"]["accuracy"] == 1.0
    words = {row["word"]: row for row in streaming["words"]}
    assert words["stop"]["heard"] == {"left": 1}
    assert words["go"]["miss_rate"] == 1.0
    assert streaming["latency"]["count"] == 3
    assert 0.0 < streaming["latency"]["p95_ms"] < 400.0
    assert report["offline"]["correct"] in (3, 4)  # the silent clip is one of the words, perhaps the right one
    false = report["false_accepts_on_clips"]
    assert (false["clips"], false["events"]) == (2, 1)
    assert (false["triggers"][0]["file"], false["triggers"][0]["command"]) == ("nothing.wav", "left")
    for key in ("model_sha256", "machine", "command_line", "settings", "seed", "manifest_sha256"):
        assert key in report


def test_long_recordings_are_counted_by_the_hour(kitt):
    write_wav(Path("prose.wav"), np.concatenate([say("turn left"), np.zeros(RATE * 20, np.int16), say("dog")]))
    status, out, _ = kitt("--stream", "prose.wav", "--json")
    assert status == 0
    streams = json.loads(out)["streams"]
    assert streams["events"] == 1
    assert streams["per_hour"] == pytest.approx(1 / streams["hours"], rel=1e-3)
    assert streams["triggers"][0]["text"] == "turn left"
    assert streams["files"][0]["seconds"] == pytest.approx(
        20 + (len(say("turn left")) + len(say("dog"))) / RATE, abs=0.01
    )


def test_the_table_under_noise(kitt, manifest):
    write_wav(Path("hum.wav"), (3000 * np.sin(np.arange(RATE * 3) * 0.2)).astype(np.int16))
    options = ["--manifest", manifest, "--snr", "clean,0", "--noise", "hum.wav", "--json"]
    report = json.loads(kitt(*options)[1])
    clean, noisy = report["noise"]["table"]
    assert (clean["snr"], noisy["snr"]) == ("clean", "0 dB")
    assert clean["count"] == noisy["count"] == 5
    assert report["noise"]["from"] == ["hum.wav"]
    assert report["streaming"]["snr"] == "clean"


def test_the_same_seed_gives_the_same_report(kitt, manifest):
    reports = []
    for _ in range(2):
        report = json.loads(kitt("--manifest", manifest, "--snr", "5", "--limit", "4", "--seed", "3", "--json")[1])
        reports.append({key: report[key] for key in ("offline", "streaming", "noise", "clips")})
    assert reports[0] == reports[1]
    assert reports[0]["clips"] == 4


def test_tables_for_people(kitt, manifest):
    status, out, _ = kitt("--manifest", manifest, "--snr", "clean,10")
    assert status == 0
    for words in ("as the car hears", "heard instead", "under noise (pink)", "false accepts"):
        assert words in out


def test_bad_files_are_told_and_the_others_counted(kitt, manifest):
    with Path(manifest).open("a") as file:
        file.write("gone.wav,left,a,en\nempty.wav,left,a,en\n")
    Path("empty.wav").touch()
    status, out, errors = kitt("--manifest", manifest, "--json")
    assert status == 2
    report = json.loads(out)
    assert report["streaming"]["count"] == 5
    assert len(errors) == len(report["problems"]) == 2
    assert "gone.wav" in errors[0] and "empty.wav" in errors[1]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((), "nothing to evaluate"),
        (("--manifest", "gone.csv"), "gone.csv cannot be read"),
        (("--manifest", "list.csv", "--snr", "loud"), "--snr loud"),
        (("--manifest", "list.csv", "--split", "half"), "--split half"),
        (("--manifest", "list.csv", "--noise", "gone.wav"), "gone.wav"),
        (("--manifest", "list.csv", "--rivals"), "kitt eval rivals"),
        (("--stream", "x.wav", "--lang", "xx"), "no language xx"),
    ],
)
def test_slips_are_one_line(kitt, manifest, monkeypatch, options, words):
    monkeypatch.setattr(rivals, "environment", lambda: Path("nowhere"))
    status, out, errors = kitt(*options, "--json")
    assert (status, out) == (2, "")
    assert words in errors[-1]


def test_rivals_hear_the_same_files(kitt, manifest, monkeypatch):
    class Rival:
        def __init__(self, name, words):
            self.about, self.spent_ms, self.words = name, [3.0], words

        def __enter__(self):
            return self

        def __exit__(self, *_error):
            pass

        def classify(self, samples, words, language):
            assert samples.dtype == np.int16 and language == "en"
            return self.words[0]

    monkeypatch.setattr(rivals, "installed", lambda: True)
    monkeypatch.setattr(rivals, "Rival", Rival)
    report = json.loads(kitt("--manifest", manifest, "--rivals", "--json")[1])["rivals"]
    assert set(report) == {"kitt", "pocketsphinx", "whisper_tiny_en"}
    assert {row["count"] for row in report.values()} == {4}  # the French clip is left out for all
    assert report["pocketsphinx"]["correct"] == 1
