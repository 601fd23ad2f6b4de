"""recogniser: spoken commands on /voice/command, what is being heard on /voice/transcript and /voice/activity."""

from __future__ import annotations

import math
import sys
from typing import Any

import numpy as np
from kitt_interfaces.msg import Slot, Transcript, VoiceActivity, VoiceCommand
from std_msgs.msg import Header

from kitt_core.convert import stamp_ns, to_stamp
from kitt_core.health import Level
from kitt_core.node import KittNode, run
from kitt_text.grammar import Understanding
from kitt_text.understanding import directed
from kitt_voice.heard import Heard, Partial
from kitt_voice.listener import Listener, Spoken, Voice
from kitt_voice.opening import open_ears
from kitt_voice.recogniser import Recogniser
from kitt_voice.recogniser_parameters import RecogniserParameters

_BEHIND_S = 0.5  # later than this, a command is heard too late to be of use


class RecogniserNode(KittNode):
    """The callback only appends; a thread hears and publishes."""

    node_name = "recogniser"
    parameters = RecogniserParameters
    params: RecogniserParameters

    def on_setup(self) -> None:
        node: Any = self
        self._log = node.get_logger()
        self._model = ""
        self._recogniser = self._open(self.params)
        self._commands = self.advertise("/voice/command")
        self._transcripts = self.advertise("/voice/transcript")
        self._activity = self.advertise("/voice/activity")
        self._listener = self._new_listener()

    def on_start(self) -> None:
        if self._listener.queue.closed:
            self._listener = self._new_listener()
        self._recogniser.reset()
        self._listener.start()
        self.listen("/audio", self._on_audio)
        self.listen("/speaker/audio", self._on_own_sound)
        self.listen("/speaker/state", self._on_speaker, newest_only=True)
        self.every(0.5, self._report)

    def on_stop(self) -> None:
        if not self._listener.stop():
            self._log.error("the recogniser is stuck and was left behind")

    def on_parameters(self, old: RecogniserParameters, new: RecogniserParameters) -> None:
        if not hasattr(self, "_listener"):
            return
        if old.made_of != new.made_of:
            self._recogniser = self._open(new)
            self._listener.replace(self._recogniser)
        elif old.settings != new.settings:
            self._recogniser.settings = new.settings

    def _new_listener(self) -> Listener:
        return Listener(self._recogniser, self.now, self._on_spoken, self._on_voice, self._on_failure)

    def _open(self, parameters: RecogniserParameters) -> Recogniser:
        ears = open_ears(
            parameters.model, parameters.int8, parameters.grammar, parameters.languages, parameters.settings
        )
        self._model = f"{ears.model.name} {ears.model.sha256[:12]}"
        return ears.recogniser

    # callbacks -----------------------------------------------------------------------------------------------------
    def _on_audio(self, message: Any) -> None:
        samples = np.array(message.samples, dtype=np.int16)
        self._listener.queue.put(message.sequence, stamp_ns(message.header.stamp), message.sample_rate, samples)

    def _on_own_sound(self, message: Any) -> None:
        samples = np.array(message.samples, dtype=np.int16)
        self._listener.own_echo.played(message.sequence, stamp_ns(message.header.stamp), message.sample_rate, samples)

    def _on_speaker(self, message: Any) -> None:
        times = stamp_ns(message.begin) * 1e-9, stamp_ns(message.end) * 1e-9
        self._listener.speaker(message.speaking, *times)

    # in the listener's thread --------------------------------------------------------------------------------------
    def _on_spoken(self, spoken: Spoken) -> None:
        begin, end, event = to_stamp(spoken.begin_ns), to_stamp(spoken.end_ns), spoken.event
        header = Header(stamp=end)
        if isinstance(event, Heard):
            confidence = float(event.confidence)
            heard = directed(Understanding(event.command, event.slots, event.language, confidence, event.text))
            slots = [Slot(name=s.name, text=s.text, value=float(s.value), unit=s.unit) for s in heard.slots]
            self._commands.publish(
                VoiceCommand(
                    header=header, command=event.command, slots=slots, text=event.text, language=event.language,
                    confidence=confidence, source="speech", begin=begin, end=end,
                )
            )  # fmt: skip
            self._log.info(f"«{event.text}»: {event.command}, {confidence:.2f}")
        else:
            confidence = math.nan  # a partial text is not judged yet
        final = isinstance(event, Heard) or (isinstance(event, Partial) and event.final)
        self._transcripts.publish(
            Transcript(
                header=header, text=event.text, language=event.language, confidence=confidence, final=final,
                begin=begin, end=end,
            )
        )  # fmt: skip

    def _on_voice(self, voice: Voice) -> None:
        self._activity.publish(
            VoiceActivity(
                header=Header(stamp=to_stamp(voice.end_ns)), speaking=voice.speech, probability=float(voice.speech),
                level=voice.level, own_voice=voice.own_voice,
            )
        )  # fmt: skip

    def _on_failure(self, error: Exception) -> None:
        self._log.error(f"audio was not heard: {error}", throttle_duration_sec=2.0)

    def _report(self) -> None:
        status = self._listener.status
        facts = {
            "model": self._model,
            "load_percent": f"{100 * status.load:.1f}",
            "lag_ms": f"{1e3 * status.lag_s:.0f}",
            "gaps": status.gaps,
            "dropped_s": f"{status.dropped_s:.2f}",
            "failed": status.failed,
            "commands": status.commands,
            "last_heard": status.last,
        }
        if status.fault:
            self.set_status(Level.ERROR, status.fault, **facts)
        elif abs(status.lag_s) > _BEHIND_S:
            self.set_status(Level.WARN, f"{status.lag_s:.2f} s behind: the machine is busy or clocks differ", **facts)
        else:
            self.set_status(Level.OK, f"listening, {100 * status.load:.0f} % of a core", **facts)


def main() -> int:
    """Run the node until it is told to stop."""
    return run(RecogniserNode)


if __name__ == "__main__":
    sys.exit(main())
