"""speaker: says aloud what comes on /say, and tells on /speaker/state what is playing and how loud."""

from __future__ import annotations

import sys
import time
from array import array
from typing import Any

from kitt_interfaces.msg import AudioChunk, SpeakerState
from std_msgs.msg import Header

from kitt_core.convert import stamp_ns, to_stamp
from kitt_core.health import Level
from kitt_core.node import KittNode, run
from kitt_text.phrases import fixed_safety_phrases
from kitt_voice.clock import clocks_apart
from kitt_voice.features import SAMPLE_RATE
from kitt_voice.speaker_parameters import SpeakerParameters
from kitt_voice.speech.normalise import LANGUAGES
from kitt_voice.speech.queue import Fate
from kitt_voice.speech.reference import Block
from kitt_voice.speech.speaker import Speaker, Speaking
from kitt_voice.speech.studio import Studio


class SpeakerNode(KittNode):
    """The callback only queues; threads synthesise and play."""

    node_name = "speaker"
    parameters = SpeakerParameters
    params: SpeakerParameters

    def on_setup(self) -> None:
        node: Any = self
        self._log = node.get_logger()
        self._state = self.advertise("/speaker/state")
        self._audio = self.advertise("/speaker/audio")
        self._speaker = self._make(self.params)

    def on_start(self) -> None:
        if self._speaker.stopped:
            self._speaker = self._make(self.params)
        self._speaker.start()
        self.listen("/say", self._on_say)
        self._timer = self.every(1.0 / self.params.rate, self._tick)
        self.every(0.5, self._report)

    def on_stop(self) -> None:
        self._speaker.stop()
        self._publish(Speaking())

    def on_parameters(self, old: SpeakerParameters, new: SpeakerParameters) -> None:
        if not hasattr(self, "_speaker"):
            return
        made_of = ("device", "voice", "chorus")
        if any(getattr(old, name) != getattr(new, name) for name in made_of):
            speaker = self._make(new)
            self._speaker.stop()
            self._speaker = speaker
            if hasattr(self, "_timer"):
                speaker.start()
        self._speaker.buffer.volume = new.volume
        if new.rate != old.rate and hasattr(self, "_timer"):
            self._timer.timer_period_ns = int(1e9 / new.rate)

    def _make(self, wish: SpeakerParameters) -> Speaker:
        studio = Studio(wish.voice, wish.chorus)
        speaker = Speaker(
            studio, wish.device, self._publish, self._on_problem, wish.volume, on_sound=self._publish_sound
        )
        languages = sorted(LANGUAGES, key=lambda language: language != wish.language)
        speaker.prepare((text, language) for language in languages for text in fixed_safety_phrases(language))
        return speaker

    def _on_say(self, message: Any) -> None:
        stamp = stamp_ns(message.header.stamp)
        age_s = max(0.0, (self.now() - stamp) * 1e-9) if stamp else 0.0
        fate, reason = self._speaker.say(
            message.text, message.language or self.params.language, message.priority, age_s
        )
        if fate not in (Fate.WAITS, Fate.MERGED) or reason:
            self._log.warning(f"«{message.text[:60]}»: {reason or fate.value}", throttle_duration_sec=2.0)
        else:
            self._log.info(f"«{message.text[:200]}»")

    def _on_problem(self, words: str) -> None:
        self._log.warning(words)

    def _tick(self) -> None:
        self._publish(self._speaker.speaking)

    def _publish(self, state: Speaking) -> None:
        apart_ns = clocks_apart(self.now)
        begin, end = (to_stamp(max(0, int(s * 1e9) + apart_ns)) for s in (state.begin_s, state.end_s))
        if not state.speaking:
            begin = end = to_stamp(0)
        self._state.publish(
            SpeakerState(
                header=Header(stamp=to_stamp(time.monotonic_ns() + apart_ns)), speaking=state.speaking,
                text=state.text, level=float(state.level), begin=begin, end=end,
            )
        )  # fmt: skip

    def _publish_sound(self, block: Block) -> None:
        stamp = to_stamp(int(block.leaves_s * 1e9) + clocks_apart(self.now))
        samples = array("h", block.samples.tobytes())
        self._audio.publish(
            AudioChunk(header=Header(stamp=stamp), sample_rate=SAMPLE_RATE, samples=samples, sequence=block.sequence)
        )

    def _report(self) -> None:
        status = self._speaker.status
        facts = {
            "output": status.output,
            "connected": status.connected,
            "waiting": status.waiting,
            "said": status.said,
            "broken_off": status.broken_off,
            "unheard": status.unheard,
            "dropped": status.dropped,
            "first_sound_ms": f"{status.first_ms:.0f}",
        }
        if status.fault:
            self.set_status(Level.WARN, f"{status.fault}. {status.remedy}", **facts)
        else:
            self.set_status(Level.OK, f"speaks through {status.output}", **facts)


def main() -> int:
    """Run the node until it is told to stop."""
    return run(SpeakerNode)


if __name__ == "__main__":
    sys.exit(main())
