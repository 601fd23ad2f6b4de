"""The shipped ears: what they must understand and what must leave them silent. Their figures stand in their card."""

from __future__ import annotations

import numpy as np
import pytest

from kitt_cli.demo.script import LINES
from kitt_cli.speech.hearing import CommandsOnly
from kitt_learning.speech.motor import motor_noise
from kitt_voice import models
from kitt_voice.heard import Heard
from kitt_voice.opening import open_ears
from kitt_voice.sources.files import read_blocks

RATE = 16_000


@pytest.fixture(scope="module")
def ears() -> CommandsOnly:
    return CommandsOnly(open_ears().recogniser)


def hear(ears: CommandsOnly, samples: np.ndarray) -> list[Heard]:
    ears.reset()
    return [*ears.push(samples), *ears.flush()]


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.name)
def test_the_demos_lines_are_understood(ears, line):
    found = hear(ears, np.concatenate(list(read_blocks(line.file))))
    assert [heard.command for heard in found] == [line.command]


def noises() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(5)
    count = 60 * RATE
    time = np.arange(count) / RATE
    chords = sum(np.sin(2 * np.pi * f * 2 ** (np.floor(time * 2) % 5 / 12) * time) for f in (220, 277, 330))
    return {
        "silence": np.zeros(count, np.int16),
        "white noise": rng.normal(0, 1500, count).astype(np.int16),
        "motor": (motor_noise(np.abs(np.sin(time / 3)) * 1.8, RATE, 9) * 20_000).astype(np.int16),
        "chords": (chords * 4000 * (0.3 + 0.7 * np.exp(-(time * 2 % 1) * 4))).astype(np.int16),
    }


@pytest.mark.parametrize("name", noises())
def test_a_minute_of_what_is_no_speech_moves_nothing(ears, name):
    assert hear(ears, noises()[name]) == []


def test_the_card_tells_of_these_files():
    for int8 in (False, True):
        found = models.find("auto", int8)  # raises where the sha256 is another
        assert found.card["sha256_int8" if int8 else "sha256"] == found.sha256


def test_the_verifier_belongs_to_them_and_both_are_small():
    found = models.find()
    verifier = models.verifier_of(found)  # raises where the sha256 is another
    assert verifier is not None and found.card["sha256_verifier"]
    assert sum(file.stat().st_size for file in (found.file, verifier)) < 4 * 1_000_000  # parameters of 4 bytes


def test_the_smaller_network_hears_the_same():
    sound = np.concatenate(list(read_blocks(LINES[0].file)))
    whole, small = (open_ears(int8=int8).recogniser.whole(sound).posteriors.argmax(axis=1) for int8 in (False, True))
    assert np.mean(whole == small) > 0.9
