"""What the confidence is fitted to: everything that a recogniser considers, and whether it was said."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from kitt_text.grammar import default_grammar
from kitt_voice.confidence import FEATURES, VERIFIED
from kitt_voice.verifier import CLASSES, INDEX
from speech_oracle import Layered, OracleAcoustic, Script

pytest.importorskip("soxr", reason="training's packages are not here: ./kitt train speech --help installs them")

from kitt_learning.speech import calibrate, shards
from kitt_learning.speech.corpus import clips_of


def corpus(folder: Path, *texts: str) -> Path:
    shard = shards.Shard()
    for text in texts:
        clip = np.random.default_rng(0).normal(0, 900, 16_000).astype(np.int16)
        shard.add(clip, text=text, language="en", engine="tone", voice="a", kind="word")
    shard.write(folder, "a_000")
    return folder


@pytest.mark.parametrize(("label", "right"), [("stop", True), ("bird", False), ("left", False)])
def test_what_was_said_is_right_and_all_else_wrong(tmp_path: Path, label: str, right: bool) -> None:
    clips = clips_of(corpus(tmp_path, label))
    model = OracleAcoustic(Script().silence(0.8).say("stop").silence(2.0))
    table, said, languages = calibrate.examples(model, default_grammar(), clips, [], 1)
    assert table.shape == (1, len(FEATURES))
    assert said.tolist() == [right] and languages.tolist() == ["en"]


def test_with_a_verifier_what_that_knows_is_an_example(tmp_path: Path) -> None:
    verifier: Any = SimpleNamespace(
        knows=lambda meaning: INDEX["stop"] if meaning.text == "stop" else None,
        log_posteriors=lambda steps: np.full(len(CLASSES), -4.0, np.float32),
    )
    clips = clips_of(corpus(tmp_path, "stop"))
    for said, rows in (("stop", 1), ("turn left", 0)):
        model = Layered(Script().silence(0.8).say(said).silence(2.0))
        heard = calibrate.examples(model, default_grammar(), clips, [], 1, verifier)
        assert len(heard.right) == len(heard.languages) == rows
        assert not rows or heard.features.shape == (rows, len(VERIFIED))


def test_what_is_considered_first_does_not_end_the_example(tmp_path: Path) -> None:
    clips = clips_of(corpus(tmp_path, "forward two meters"))
    model = OracleAcoustic(Script().silence(0.8).say("forward").silence(0.3).say("two meters").silence(2.0))
    _, said, _ = calibrate.examples(model, default_grammar(), clips, [], 1)
    assert said.tolist() == [False, True]


def test_a_language_learns_a_little_from_the_others() -> None:
    rng = np.random.default_rng(2)
    features = rng.normal(size=(400, len(VERIFIED)))
    languages = np.repeat(["en", "fr"], [300, 100])
    right = (features[:, 0] + 0.5 * rng.normal(size=400) > 0) ^ (languages == "fr")
    heard = calibrate.Examples(features, right, languages)
    first = {code: calibrate._of_language(heard, code).weights[0] for code in ("en", "fr")}
    alone = calibrate.fit(features[300:], right[300:]).weights[0]
    assert first["en"] > 0 > first["fr"] > alone


def test_a_faulty_corpus_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    corpus(tmp_path / "clips", "stop")
    (tmp_path / "clips/a_000.npy").write_bytes(b"nothing")
    arguments = ["--model", str(tmp_path / "none.onnx"), "--corpus", str(tmp_path / "clips"), "--out", "c.json"]
    assert calibrate.main(arguments) == 1
    assert "a_000" in capsys.readouterr().err
