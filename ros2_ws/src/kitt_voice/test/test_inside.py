"""Looking inside the ears: the walk agrees with ONNX Runtime, and the command that is said wins while it is said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from kitt_inference.errors import KittError
from kitt_text.phones import PHONES
from kitt_voice.inside import STEP_S, EarInspector
from kitt_voice.scoring import prefix_scores, score_phones

pytest.importorskip("onnx")
soundfile = pytest.importorskip("soundfile")


@pytest.fixture(scope="module")
def ears():
    return EarInspector()


@pytest.fixture(scope="module")
def lines():
    folder = Path(__file__).resolve().parents[2] / "kitt_cli" / "kitt_cli" / "demo" / "lines"
    return {file.stem: soundfile.read(file, dtype="int16")[0] for file in folder.glob("*.flac")}


@pytest.mark.parametrize(("line", "command"), [("stop", "stop"), ("start_driving", "go"), ("what_do_you_see",) * 2])
def test_what_is_said_wins_while_it_is_said(ears, lines, line, command):
    look = ears.look(lines[line])
    assert look.deviation < 1e-3, "numpy and ONNX Runtime tell the same"
    assert [heard.command for heard in look.heard] == [command]
    np.testing.assert_allclose(look.odds.sum(axis=1), 1.0, atol=1e-5)
    assert look.commands[int(look.odds[-1].argmax())] == command and look.odds[-1].max() > 0.9
    assert look.odds[0].max() < 0.2, "nothing is known before the first sound"
    steps = len(look.log_probs)
    assert len(look.mel) == 2 * steps == 2 * len(look.speech) and len(look.layers) == 3
    for layer in look.layers:
        assert layer.c.shape == (steps, 160)
        np.testing.assert_allclose(layer.c[1:], layer.f[1:] * layer.c[:-1] + layer.i[1:] * layer.g[1:], atol=1e-4)
    begins = look.begin_s + STEP_S * look.phones[0][1]
    assert begins == pytest.approx(look.heard[0].begin_s, abs=0.15)


def test_silence_and_a_long_recording_are_looked_at_in_bounded_time(ears, lines):
    silent = ears.look(np.zeros(32000, np.int16))
    assert silent.heard == () and silent.speech.max() < 0.5
    long = ears.look(np.concatenate([np.zeros(16000 * 60, np.int16), lines["stop"]]))
    assert len(long.mel) < 700 and long.begin_s > 55.0
    assert [heard.command for heard in long.heard] == ["stop"] and long.heard[0].begin_s > 60.0


@pytest.mark.parametrize(
    ("samples", "words"),
    [
        (np.zeros(0, np.int16), "0.00 s long"),
        (np.zeros(300, np.int16), "0.02 s long"),
        (np.full(16000, np.nan, np.float32), "no numbers"),
    ],
)
def test_what_cannot_be_looked_at_is_named(ears, samples, words):
    with pytest.raises(KittError, match=words):
        ears.look(samples)


def test_a_model_that_is_no_ear_is_named(tmp_path):
    (tmp_path / "a.onnx").write_bytes(b"nothing")
    with pytest.raises(KittError, match=r"a\.onnx"):
        EarInspector(str(tmp_path / "a.onnx"))


def test_prefixes_fall_from_all_to_the_whole_string():
    draw = np.random.default_rng(0)
    log_probs = np.log(draw.dirichlet(np.ones(len(PHONES)), 12)).astype(np.float32)
    strings = [("s", "t", "ɑ", "p"), ("ɡ", "oʊ")]
    prefixes = prefix_scores(log_probs, strings)
    assert prefixes.shape == (12, 2)
    assert (np.diff(prefixes, axis=0) <= 1e-9).all(), "with every step there is more to explain"
    assert (prefixes[-1] >= score_phones(log_probs, strings) - 1e-9).all()
    assert prefix_scores(log_probs[:0], strings).shape == (0, 2)
    # one step: the blank or the first phone
    expected = np.logaddexp(log_probs[0, 0], log_probs[0, PHONES.index("ɡ")])
    assert prefixes[0, 1] == pytest.approx(expected, abs=1e-6)
