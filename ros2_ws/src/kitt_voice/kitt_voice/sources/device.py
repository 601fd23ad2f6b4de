"""A microphone, through PortAudio: any rate and number of channels, found again after it was unplugged."""

from __future__ import annotations

import queue
import time
from typing import Any

import numpy as np

from kitt_inference.errors import KittError
from kitt_voice.clock import StreamClock
from kitt_voice.devices import MICROPHONE, SoundDevice, choose, let_go, library, listed, look_again, words_of
from kitt_voice.features import SAMPLE_RATE
from kitt_voice.level import at_limit
from kitt_voice.resample import Resampler, to_int16
from kitt_voice.sources.base import Array, Block, SoundOptions, SoundSource

# A device that gave nothing for so long [s] has vanished, whatever its driver says.
_SILENT_S = 0.5
_POLL_S = 0.1
# Blocks that may wait for the reader: two seconds. More, and the oldest are dropped.
_WAITING = 100
_BLOCKS_PER_SECOND = 50


def input_devices() -> list[SoundDevice]:
    """The devices that capture sound. Raises KittError when PortAudio is missing."""
    return listed("input", "the microphone")


class Device(SoundSource):
    """The callback only appends; conversion happens in the thread that reads."""

    live = True

    def __init__(self, wanted: str, options: SoundOptions) -> None:
        """wanted: see `choose`."""
        self.name = f"microphone {wanted or 'default'}"
        self._wanted = wanted
        self._options = options
        self._stream: Any = None
        self._queue: queue.SimpleQueue[tuple[bytes, float, float, bool]] = queue.SimpleQueue()
        self._tried = False

    def open(self) -> None:
        sd = library("the microphone")
        try:
            if self._tried:
                look_again(sd)
            self._tried = True
            device = choose(self._wanted, input_devices(), int(sd.default.device[0]), MICROPHONE)
            self.name = f"microphone {device.name}"
            rate, channels = self._settings(sd, device)
            self._resampler, self._clock = Resampler(rate), StreamClock(rate)
            self._rate, self._channels = rate, channels
            self._taken = self._given = 0
            arrived: queue.SimpleQueue[tuple[bytes, float, float, bool]] = queue.SimpleQueue()
            self._queue = arrived

            def append(data: Any, _frames: int, times: Any, status: Any) -> None:
                age_s = times.currentTime - times.inputBufferAdcTime
                arrived.put((bytes(data), time.monotonic(), age_s, bool(status.input_overflow)))

            self._stream = sd.RawInputStream(
                device=device.index, samplerate=rate, channels=channels, dtype="int16", latency="low",
                blocksize=rate // _BLOCKS_PER_SECOND, callback=append,
            )  # fmt: skip
            self._stream.start()
        except sd.PortAudioError as error:
            raise KittError(f"{self.name} cannot be opened ({words_of(error)})", _OPEN_REMEDY) from error
        self._last_s = time.monotonic()
        self.format = f"{rate} Hz, {channels} channel{'s' * (channels > 1)}"

    def read(self) -> Block | None:
        while True:
            try:
                data, now_s, age_s, overflow = self._queue.get(timeout=_POLL_S)
                break
            except queue.Empty:
                silent_s = time.monotonic() - self._last_s
                if silent_s > _SILENT_S or not self._stream.active:
                    raise KittError(
                        f"{self.name} has vanished: it gave nothing for {silent_s:.1f} s",
                        "plug it in again, or start the sound server; it is looked for",
                    ) from None
        self._last_s = time.monotonic()
        if overflow or self._queue.qsize() > _WAITING:
            self.overruns += 1
            self._clock.lost()
            while self._queue.qsize() > _WAITING // 2:
                data, now_s, age_s, _ = self._queue.get()
        return self._convert(np.frombuffer(data, dtype=np.int16).reshape(-1, self._channels), now_s, age_s)

    def close(self) -> None:
        stream, self._stream = self._stream, None
        self.format = ""
        let_go(stream)

    def _convert(self, raw: Array, now_s: float, age_s: float) -> Block:
        captured_s = self._clock.stamp(len(raw), now_s, age_s)
        channel = self._options.channel
        heard = raw[:, max(channel, 0)] if channel >= 0 or self._channels == 1 else raw
        clipped = at_limit(heard)
        if self._rate == SAMPLE_RATE and heard.ndim == 1:
            return Block(heard, captured_s, clipped)
        mono = heard.astype(np.float32) if heard.ndim == 1 else heard.mean(axis=1, dtype=np.float32)
        # The resampler looks ahead: what it gives now was captured a little earlier than what it takes.
        behind_s = self._given / SAMPLE_RATE - self._taken / self._rate
        self._taken += len(raw)
        samples = to_int16(self._resampler.push(mono / 32768.0))
        self._given += len(samples)
        return Block(samples, captured_s + behind_s, clipped)

    def _settings(self, sd: Any, device: SoundDevice) -> tuple[int, int]:
        """The first rate and number of channels that the device takes."""
        options = self._options
        if options.channel >= device.channels:
            has = f"{self.name} has {device.channels} channels"
            raise KittError(f"{has}, number {options.channel} is not among them", "they count from 0")
        least = max(1, options.channel + 1)
        rates = [options.rate] if options.rate else [SAMPLE_RATE, device.rate, 48000, 44100]
        counts = [options.channels] if options.channels else [least, max(2, least), device.channels]
        problem = ""
        for rate in dict.fromkeys(rates):
            for channels in dict.fromkeys(counts):
                try:
                    sd.check_input_settings(device.index, channels, "int16", None, rate)
                    return rate, channels
                except (sd.PortAudioError, ValueError) as error:
                    problem = problem or words_of(error)
        raise KittError(f"{self.name} cannot capture as asked ({problem})", _OPEN_REMEDY)


_OPEN_REMEDY = "end what else uses it, or give another rate, channels or source"
