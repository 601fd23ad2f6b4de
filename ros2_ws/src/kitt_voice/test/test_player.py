"""The folder before the microphone: each file once, silence between, faults survived."""

from __future__ import annotations

import numpy as np
import pytest

from kitt_inference.errors import KittError
from kitt_voice.sources.base import SoundOptions
from kitt_voice.sources.parse import parse_source
from kitt_voice.sources.player import Player
from tone_speech import write_wav

LOUD = np.full(3200, 9000, np.int16)


def blocks(player, count):
    return [player.read() for _ in range(count)]


@pytest.fixture
def player(tmp_path):
    made = parse_source(f"player:{tmp_path}", SoundOptions(pace=0.0))
    assert isinstance(made, Player)
    made.open()
    yield made
    made.close()


def test_silence_until_a_file_comes_then_the_file_once(player, tmp_path):
    assert not any(block.samples.any() for block in blocks(player, 12))
    write_wav(tmp_path / "a.wav", LOUD)
    heard = np.concatenate([block.samples for block in blocks(player, 30)])
    assert np.count_nonzero(heard == 9000) == 3200
    assert list(tmp_path.iterdir()) == []


def test_files_play_in_the_order_of_their_names(player, tmp_path):
    write_wav(tmp_path / "2.wav", LOUD)
    write_wav(tmp_path / "1.wav", LOUD // 2)
    heard = np.concatenate([block.samples for block in blocks(player, 40)])
    sounding = heard[heard > 0]
    assert sounding[0] == 4500 and sounding[-1] == 9000


def test_a_bad_file_is_named_and_the_next_is_played(player, tmp_path):
    (tmp_path / "1.wav").write_bytes(b"no sound")
    (tmp_path / "note.txt").write_text("not for the microphone")
    write_wav(tmp_path / "2.wav", LOUD)
    heard = np.concatenate([block.samples for block in blocks(player, 40)])
    assert np.count_nonzero(heard) == 3200
    assert "1.wav" in player.warning
    assert [path.name for path in tmp_path.iterdir()] == ["note.txt"]


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(KittError, match="is no folder to play sounds from"):
        parse_source(f"player:{tmp_path / 'gone'}")
