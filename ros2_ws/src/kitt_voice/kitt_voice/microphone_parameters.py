"""Parameters of the microphone node."""

from __future__ import annotations

from dataclasses import dataclass

from kitt_core.parameters import param


@dataclass(frozen=True)
class MicrophoneParameters:
    """Parameters of the microphone node."""

    source: str = param("default", "default, a device's number or name (a part is enough), a sound file, or an address")
    rate: int = param(0, "sampling rate asked of the device; 0: the best it takes", unit="Hz", low=0, high=384000)
    channels: int = param(0, "channels asked of the device; 0: as few as it takes", low=0, high=64)
    channel: int = param(-1, "which channel is heard, from 0 on; -1: the average of all", low=-1, high=63)
    gain: float = param(0.0, "applied to every sample", unit="dB", low=-40.0, high=40.0)
    pace: float = param(1.0, "how fast a file plays; 1: real time, 0: as fast as it can be read", low=0.0, high=100.0)
    loop: bool = param(False, "a file begins again at its end")
    frame_id: str = param("microphone", "frame of the microphone")
