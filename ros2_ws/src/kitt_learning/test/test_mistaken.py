"""What is cut out as taken for a command: only what was not said, and only what a verifier would be asked about."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from kitt_voice.confidence import Calibration
from speech_oracle import Layered, Script

pytest.importorskip("soxr", reason="training's packages are not here: ./kitt train speech --help installs them")

from kitt_learning.speech import mistaken, shards
from kitt_learning.speech.corpus import clips_of
from kitt_learning.speech.verifier_data import Material


def mined(folder: Path, label: str, said: str, kind: str = "sentence") -> shards.Shard:
    shard = shards.Shard()
    clip = np.random.default_rng(0).normal(0, 900, 16_000).astype(np.int16)
    about = {"language": "en", "engine": "human", "voice": "a", "kind": kind, "source": "s", "licence": "l"}
    shard.add(clip, text=label, **about)
    shard.write(folder, "a_000")
    model = Layered(Script().silence(0.8).say(said).silence(2.0))
    miner = mistaken.Miner(model, Calibration(), [], 1)
    return mistaken.mine(miner, [clip for clip in clips_of(folder) if miner.takes(clip.row)])


def test_what_was_taken_for_a_command_is_cut_out(tmp_path: Path) -> None:
    shard = mined(tmp_path / "said", "bird of prey", "stop")
    (row,) = shard.rows
    assert (row.kind, row.text, row.voice, row.source, row.licence) == (shards.MISTAKEN, "", "a", "s: stop", "l")
    assert 0.1 < row.length / shards.SAMPLE_RATE < 1.0  # from the utterance's begin to its end, not the whole clip
    shard.add(np.ones(8_000, np.int16), text="stop", language="en", engine="human", voice="b", kind="word")
    shard.write(tmp_path / "both", "a_000")
    clips = Material.of([tmp_path / "both"]).clips
    assert {name: [kind for _, kind in rows] for name, rows in clips.items()}[shards.MISTAKEN] == [0]


def test_noise_is_no_command_but_speech_of_unknown_words_may_be(tmp_path: Path) -> None:
    assert len(mined(tmp_path / "noise", "", "stop", "noise").rows) == 1
    assert not mined(tmp_path / "talk", "", "stop").rows


@pytest.mark.parametrize(
    ("label", "said"),
    [
        ("stop", "left"),  # a command that is taken for another is not «no command»
        ("the stop is near", "stop"),  # really said
        ("it is too late", "two"),  # sounds like it
        ("oh yeah sure", "yes"),  # means the same
        ("bird of prey", "turn around"),  # of phrases the verifier has no say
    ],
)
def test_what_was_said_or_is_not_asked_about_is_left(tmp_path: Path, label: str, said: str) -> None:
    assert mined(tmp_path, label, said).rows == []


def test_a_folder_without_clips_is_named_and_shards_are_written_as_it_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shard = shards.Shard()
    for text in ("bird of prey", "tree house", "stop"):
        shard.add(np.zeros(8_000, np.int16), text=text, language="en", engine="tone", voice="a", kind="word")
    shard.write(tmp_path / "clips", "a_000")
    Calibration().save(tmp_path / "calibration.json")
    monkeypatch.setattr(mistaken, "SHARD_CLIPS", 1)
    monkeypatch.setattr(mistaken.AcousticModel, "load", lambda path: Layered(Script().silence(0.8).say("stop")))
    arguments = ["--model", str(tmp_path / "ears.onnx"), "--out", str(tmp_path / "out"), "--corpus"]
    assert mistaken.main([*arguments, str(tmp_path / "clips")]) == 0
    assert "1 of 2 clips, 1 more mistaken" in capsys.readouterr().out  # the one command is not heard at all
    assert [path.name for path in (tmp_path / "out").glob("*.csv")] == ["mistaken_1_000_000.csv"]
    assert mistaken.main([*arguments, str(tmp_path / "nothing")]) == 1
    assert "nothing holds neither noise nor words" in capsys.readouterr().err

    def interrupted(*given: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(mistaken, "mine", interrupted)
    assert mistaken.main([*arguments, str(tmp_path / "clips")]) == 130
    assert "stopped" in capsys.readouterr().err


def test_a_model_without_its_calibration_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--model", str(tmp_path / "ears.onnx"), "--corpus", str(tmp_path), "--out", str(tmp_path)]
    assert mistaken.main(arguments) == 1
    assert "calibration.json" in capsys.readouterr().err
