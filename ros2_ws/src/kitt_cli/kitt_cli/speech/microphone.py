"""A live microphone for the verbs: blocks of samples until Ctrl-C, faults told and survived as in the car."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from kitt_inference.errors import KittError
from kitt_voice.microphone import Chunk, Microphone, MicrophoneState
from kitt_voice.sources.parse import parse_source

Array = np.ndarray[Any, Any]
_KEPT = 500  # chunks of 20 ms: ten seconds


def live(device: str, tell: Callable[[str], None]) -> Iterator[Array]:
    """int16 blocks at 16 kHz from a device (or what else the microphone node plays), until it ends.

    Args:
        device: see `kitt_voice.sources.parse`.
        tell: gets a line when the device is lost, found again, or sound was dropped.

    Raises:
        KittError: there can be no such source, or the device is not there when listening begins.
    """
    chunks: queue.Queue[Chunk] = queue.Queue(_KEPT)
    dropped = 0

    def take(chunk: Chunk) -> None:
        nonlocal dropped
        try:
            chunks.put_nowait(chunk)
        except queue.Full:
            dropped += 1

    microphone = Microphone(parse_source(device), take)
    microphone.start()
    told, said = MicrophoneState.CONNECTING, 0
    try:
        while True:
            try:
                yield chunks.get(timeout=0.1).samples
            except queue.Empty:
                if microphone.status.state is MicrophoneState.ENDED:
                    return
            status = microphone.status
            if status.state is MicrophoneState.LOST and told is MicrophoneState.CONNECTING:
                raise KittError(status.reason, status.remedy)
            if status.state is not told and status.state in (MicrophoneState.LOST, MicrophoneState.LISTENING):
                if status.state is MicrophoneState.LOST:
                    tell(f"{status.reason}. {status.remedy}; it is looked for again")
                elif told is MicrophoneState.LOST:
                    tell(f"{device} is there again")
                told = status.state
            if dropped > said:
                tell(f"{(dropped - said) * 0.02:.1f} s were not heard: the machine is too busy")
                said = dropped
    finally:
        microphone.stop()
