"""The microphone without hardware: sources, chunks, stamps, level, losses."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from kitt_core.backoff import Backoff
from kitt_inference.errors import KittError
from kitt_voice.devices import MICROPHONE, SoundDevice, choose
from kitt_voice.level import LevelMeter
from kitt_voice.microphone import CHUNK, Chunk, Microphone, MicrophoneState
from kitt_voice.sources.base import Block, SoundOptions, SoundSource
from kitt_voice.sources.device import Device
from kitt_voice.sources.parse import parse_source
from kitt_voice.sources.playback import Playback

SOUND = np.random.default_rng(0).integers(-9000, 9000, 6400).astype(np.int16)
QUICK = Backoff(0.01, 0.02)


def until(condition: Callable[[], bool], timeout_s: float = 10.0) -> None:
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)


@pytest.fixture
def file(tmp_path) -> Path:
    soundfile.write(tmp_path / "sound.wav", SOUND, 16000)
    return tmp_path / "sound.wav"


def play(source: SoundSource, gain_db: float = 0.0, count: int | None = None) -> tuple[list[Chunk], Microphone]:
    chunks: list[Chunk] = []
    microphone = Microphone(source, chunks.append, gain_db=gain_db, backoff=QUICK)
    microphone.start()
    until(
        lambda: microphone.status.state is MicrophoneState.ENDED if count is None else len(chunks) >= count,
    )
    microphone.stop()
    return chunks, microphone


class Scripted(SoundSource):
    """Gives blocks and raises errors as written down."""

    name = "scripted"
    live = True

    def __init__(self, *script: Block | KittError | None) -> None:
        self.script = list(script)
        self.opened = 0

    def open(self) -> None:
        self.opened += 1

    def read(self) -> Block | None:
        item = self.script.pop(0) if self.script else None
        if isinstance(item, Exception):
            raise item
        return item

    def close(self) -> None:
        pass


def test_a_file_comes_bit_for_bit_in_chunks_of_20_ms(file):
    chunks, _ = play(Playback(file, SoundOptions(pace=0.0)))
    assert [len(c.samples) for c in chunks] == [CHUNK] * 20
    assert np.array_equal(np.concatenate([c.samples for c in chunks]), SOUND)


def test_in_real_time_stamps_are_the_time_of_playing(file):
    began = time.time_ns()
    chunks, _ = play(Playback(file, SoundOptions()))
    lasted = (time.time_ns() - began) * 1e-9
    stamps = np.array([c.stamp_ns - began for c in chunks]) * 1e-9
    assert lasted == pytest.approx(0.4, abs=0.2)
    assert stamps[0] == pytest.approx(0.0, abs=0.1)
    assert np.diff(stamps) == pytest.approx(0.02, abs=0.002)


def test_faster_than_real_time(file):
    began = time.monotonic()
    chunks, _ = play(Playback(file, SoundOptions(pace=4.0)))
    assert len(chunks) == 20
    assert 0.09 < time.monotonic() - began < 0.35


def test_loop_goes_on_without_end(file):
    chunks, _ = play(Playback(file, SoundOptions(pace=0.0, loop=True)), count=50)
    joined = np.concatenate([c.samples for c in chunks])
    assert np.array_equal(joined[6400:12800], SOUND)


def test_odd_blocks_become_even_chunks_with_their_own_stamps():
    blocks = [Block(SOUND[i : i + 100], 10.0 + i / 16000) for i in range(0, 3200, 100)]
    chunks, _ = play(Scripted(*blocks))
    assert np.array_equal(np.concatenate([c.samples for c in chunks]), SOUND[:3200])
    assert np.diff([c.stamp_ns for c in chunks]) == pytest.approx(20e6, abs=3e5)


def test_gain_is_applied_and_cuts_off():
    chunks, microphone = play(Scripted(Block(np.array([100, -100, 20000, -20000] * 80, dtype=np.int16), 0.0)), 6.0206)
    assert chunks[0].samples[:4].tolist() == [200, -200, 32767, -32768]
    assert microphone.status.level.clipped == pytest.approx(0.5)


def test_a_lost_source_is_opened_again_and_the_reason_told():
    block = Block(SOUND[:320], 0.0)
    source = Scripted(block, KittError("gone", "plug it in"), block, KittError("gone", "plug it in"), block)
    chunks, microphone = play(source)
    assert len(chunks) == 3
    assert source.opened == 3
    assert microphone.status.losses == 2


def test_while_it_is_lost_status_says_why():
    microphone = Microphone(Scripted(KittError("gone", "plug it in")), lambda chunk: None, backoff=Backoff(30, 30))
    microphone.start()
    until(lambda: microphone.status.state is MicrophoneState.LOST)
    assert (microphone.status.reason, microphone.status.remedy) == ("gone", "plug it in")
    microphone.stop()
    assert microphone.status.state is MicrophoneState.STOPPED


def test_a_bug_in_a_driver_is_told_and_tried_again():
    source = Scripted(ZeroDivisionError("oh"), Block(SOUND[:320], 0.0))  # type: ignore[arg-type]
    chunks, _ = play(source)
    assert len(chunks) == 1


def test_lost_samples_mark_the_next_chunk():
    class Overrun(Scripted):
        def read(self) -> Block | None:
            self.overruns += len(self.script) == 1
            return super().read()

    chunks, _ = play(Overrun(*[Block(SOUND[:320], 0.0)] * 3))
    assert [c.after_loss for c in chunks] == [False, False, True]


def test_stamps_follow_the_nodes_clock_when_it_jumps():
    stamps: list[int] = []
    clock = {"now": 1_000_000_000_000}
    source = Scripted(*[Block(SOUND[:320], time.monotonic())] * 2)

    def heard(chunk: Chunk) -> None:
        stamps.append(chunk.stamp_ns)
        clock["now"] = 5_000_000_000_000

    microphone = Microphone(source, heard, clock=lambda: clock["now"])
    microphone.start()
    until(lambda: len(stamps) == 2)
    assert stamps == pytest.approx([1_000e9, 5_000e9], abs=2e9)


def test_level_clipping_and_silence():
    meter = LevelMeter()
    assert meter.read().rms_db == -120.0
    sine = (np.sin(np.arange(16000) * 0.1) * 16384).astype(np.int16)
    meter.add(sine)
    level = meter.read()
    assert level.rms_db == pytest.approx(-9.03, abs=0.05)
    assert level.peak_db == pytest.approx(-6.02, abs=0.05)
    for _ in range(150):
        meter.add(np.zeros(320, dtype=np.int16))
    level = meter.read()
    assert level.zeros_s == pytest.approx(3.0)
    assert level.rms_db == -120.0
    meter.add(np.full(320, 32767, dtype=np.int16))
    assert meter.read().clipped == pytest.approx(320 / 16000, rel=0.1)
    assert meter.read().zeros_s == 0.0


DEVICES = [SoundDevice(0, "HDA Intel PCH: ALC (hw:0,0)", 2, 44100), SoundDevice(3, "USB Mic", 1, 48000)]


@pytest.mark.parametrize(
    ("wanted", "index"), [("default", 3), ("", 3), ("0", 0), ("usb", 3), ("USB Mic", 3), ("alc", 0)]
)
def test_choosing_a_device(wanted, index):
    assert choose(wanted, DEVICES, 3, MICROPHONE).index == index


def test_without_a_default_the_first_is_taken():
    assert choose("default", DEVICES, -1, MICROPHONE).index == 0


@pytest.mark.parametrize("wanted", ["1", "webcam", "99999999999999999999"])
def test_an_unknown_device_lists_what_there_is(wanted):
    with pytest.raises(KittError, match=wanted) as caught:
        choose(wanted, DEVICES, 0, MICROPHONE)
    assert "3: USB Mic" in caught.value.remedy


def test_no_device_at_all():
    with pytest.raises(KittError, match="no device captures sound") as caught:
        choose("default", [], -1, MICROPHONE)
    assert caught.value.remedy


def test_sources_by_their_text(file):
    assert isinstance(parse_source("default"), Device)
    assert isinstance(parse_source("2"), Device)
    assert isinstance(parse_source("USB Audio"), Device)
    assert isinstance(parse_source(str(file)), Playback)
    assert isinstance(parse_source(f"file://{file}"), Playback)
    assert isinstance(parse_source("http://127.0.0.1:1/live.wav"), Playback)


@pytest.mark.parametrize("text", ["/missing.wav", "missing.flac", "/tmp", "rtsp://camera/audio"])
def test_what_can_never_work_is_refused(text):
    with pytest.raises(KittError) as caught:
        parse_source(text)
    assert caught.value.remedy


def test_without_portaudio_the_command_that_installs_it_is_told(monkeypatch):
    import builtins

    real = builtins.__import__

    def without(name: str, *rest: object) -> object:
        if name == "sounddevice":
            raise OSError("PortAudio library not found")
        return real(name, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(KittError, match="PortAudio") as caught:
        Device("default", SoundOptions()).open()
    assert "apt-get install libportaudio2" in caught.value.remedy
