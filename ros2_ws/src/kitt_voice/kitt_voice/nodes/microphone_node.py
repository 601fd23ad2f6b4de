"""microphone: sound from a device, a file or an address on /audio, 16 kHz mono in chunks of 20 ms."""

from __future__ import annotations

import sys
from array import array
from dataclasses import fields

from kitt_interfaces.msg import AudioChunk
from std_msgs.msg import Header

from kitt_core.convert import to_stamp
from kitt_core.health import Level
from kitt_core.node import KittNode, run
from kitt_voice.features import SAMPLE_RATE
from kitt_voice.microphone import Chunk, Microphone, MicrophoneState, MicrophoneStatus
from kitt_voice.microphone_parameters import MicrophoneParameters
from kitt_voice.sources.base import SoundOptions
from kitt_voice.sources.parse import parse_source

# Nothing but zeros for so long [s]: no room is so quiet.
_MUTED_S = 2.0
# Share of samples at the limit above which words are hard to recognise.
_CLIPPED = 0.001


class MicrophoneNode(KittNode):
    """Publishes in the reader's thread: a chunk is on its way as soon as it is whole."""

    node_name = "microphone"
    parameters = MicrophoneParameters
    params: MicrophoneParameters

    def on_setup(self) -> None:
        self._audio = self.advertise("/audio")
        self._sequence = 0
        self._microphone = self._make(self.params)

    def on_start(self) -> None:
        self._microphone.start()
        self._report()
        self.every(0.5, self._report)

    def on_stop(self) -> None:
        self._microphone.stop()

    def on_parameters(self, old: MicrophoneParameters, new: MicrophoneParameters) -> None:
        if not hasattr(self, "_microphone"):
            return
        kept = {"gain", "frame_id"}
        if any(getattr(old, f.name) != getattr(new, f.name) for f in fields(new) if f.name not in kept):
            microphone = self._make(new)
            running = self._microphone.status.state is not MicrophoneState.STOPPED
            self._microphone.stop()
            self._microphone = microphone
            if running:
                microphone.start()
        self._microphone.gain_db = new.gain

    def _make(self, wish: MicrophoneParameters) -> Microphone:
        options = SoundOptions(wish.rate, wish.channels, wish.channel, wish.pace, wish.loop)
        return Microphone(parse_source(wish.source, options), self._publish, clock=self.now, gain_db=wish.gain)

    def _publish(self, chunk: Chunk) -> None:
        self._sequence += 2 if chunk.after_loss else 1  # a gap tells the recogniser that samples are missing
        self._audio.publish(
            AudioChunk(
                header=Header(stamp=to_stamp(chunk.stamp_ns), frame_id=self.params.frame_id),
                sample_rate=SAMPLE_RATE,
                samples=array("h", chunk.samples.tobytes()),
                sequence=self._sequence,
            )
        )

    def _report(self) -> None:
        source, status = self._microphone.source, self._microphone.status
        facts = {
            "source": source.name,
            "format": source.format,
            "state": status.state.value,
            "chunks": status.chunks,
            "overruns": source.overruns,
            "losses": status.losses,
            "level_dbfs": f"{status.level.rms_db:.1f}",
            "peak_dbfs": f"{status.level.peak_db:.1f}",
            "clipped": f"{status.level.clipped:.5f}",
        }
        level, words = _judge(source.name, source.live, source.warning, status)
        if level is Level.ERROR:  # as the controller's table of faults names it
            facts["fault"] = "microphone_dead"
        elif source.live and status.level.zeros_s > _MUTED_S:
            facts["fault"] = "microphone_muted"
        self.set_status(level, words, **facts)


def _judge(name: str, live: bool, warning: str, status: MicrophoneStatus) -> tuple[Level, str]:
    """Level and words of a status for /diagnostics."""
    level = status.level
    if status.state is MicrophoneState.LOST:
        return Level.ERROR, f"{status.reason}. {status.remedy}"
    if status.state is not MicrophoneState.LISTENING:
        return Level.WARN, f"{name}: {status.state.value}" + (f"; {warning}" if warning else "")
    if warning:
        return Level.WARN, warning
    if live and level.zeros_s > _MUTED_S:
        return Level.WARN, f"{name} gives digital silence for {level.zeros_s:.0f} s: is it muted?"
    if level.clipped > _CLIPPED:
        return Level.WARN, f"{name} is too loud, {level.clipped:.1%} of the samples are cut off: lower its gain"
    return Level.OK, f"listening to {name}"


def main() -> int:
    """Run the node until it is told to stop."""
    return run(MicrophoneNode)


if __name__ == "__main__":
    sys.exit(main())
