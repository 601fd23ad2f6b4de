"""`kitt bench echo`: what is mixed, and what is counted."""

from __future__ import annotations

import random

import numpy as np
import pytest

from kitt_cli.bench import echo
from kitt_voice.echo import BLOCK
from kitt_voice.evaluation_audio import active_rms, pink
from kitt_voice.features import SAMPLE_RATE
from kitt_voice.heard import Heard


def test_the_voice_is_as_loud_beside_the_word_as_drawn(monkeypatch):
    monkeypatch.setattr(echo, "OVER_DB", (6.0, 6.0))
    word = 0.01 * np.sin(np.arange(SAMPLE_RATE // 2) / 5.0).astype(np.float32)
    voice = pink(10 * SAMPLE_RATE, 1).astype(np.float32)
    near, far = echo._scene(word, voice, random.Random(1))
    assert len(near) == len(far) and np.abs(near).max() <= 1.0
    ahead = near[SAMPLE_RATE : int((echo.BEFORE_S - 0.2) * SAMPLE_RATE)]
    during = near[int((echo.BEFORE_S + 0.1) * SAMPLE_RATE) :][: SAMPLE_RATE // 4]
    assert active_rms(during) > active_rms(ahead)
    assert 20 * np.log10(active_rms(ahead) / active_rms(word)) == pytest.approx(6.0, abs=1.5)


class Ears:
    """Hears «stop» in every block louder than a limit."""

    speaking = False

    def reset(self):
        pass

    def push(self, samples):
        return [Heard("stop", (), "stop", "en", 1.0, 0.0, 0.1)] if np.abs(samples).max() > 0.5 else []


def test_a_stop_before_the_word_is_the_cars_own():
    score, ears = echo._Score(), Ears()
    near = np.full(5 * SAMPLE_RATE, 0.1, np.float32)
    near[SAMPLE_RATE : SAMPLE_RATE + BLOCK] = 0.9
    echo._hear(ears, echo._nothing(), near, near, score)
    assert (score.own, score.heard, ears.speaking) == (1, 0, True)
    near[4 * SAMPLE_RATE :] = 0.9
    echo._hear(ears, echo._nothing(), near, near, score)
    assert (score.own, score.heard) == (2, 1)
    assert score.weakened_db == [pytest.approx(0.0)] * 2
