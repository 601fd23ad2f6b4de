"""The recogniser: samples in, commands out. Features, acoustic model, decoding and events joined."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from kitt_core.parameters import validate
from kitt_text.grammar import Grammar
from kitt_voice.acoustic import Acoustic
from kitt_voice.confidence import Calibration
from kitt_voice.events import EventDetector
from kitt_voice.features import HOP, N_FFT, SAMPLE_RATE, STACK, STEP, LogMel, level_db, stack
from kitt_voice.graph import Pronouncing
from kitt_voice.heard import Activity, Event, Heard, Partial
from kitt_voice.judge import Considered, Judge
from kitt_voice.settings import Settings, steps
from kitt_voice.vad import WINDOW, VoiceDetector
from kitt_voice.verifier import Verifier
from kitt_voice.vocabulary import compile_vocabulary

__all__ = ["Activity", "Event", "Heard", "Partial", "Recogniser"]

Array = np.ndarray[Any, Any]

_WARM_UP = 25
"""Steps that a renewed state hears again: half a second."""
_END_SILENCE_S = 0.4
_VAD_LOOK_BACK = 10
_CHUNK = SAMPLE_RATE
"""Samples taken at a time, so that a long file needs no more memory than a stream."""
_VAD_KEPT = _VAD_LOOK_BACK + 2 + _CHUNK // WINDOW + 2


@dataclass(frozen=True)
class Recording:
    """A recording as the networks hear it: (T, P) log posteriors, (T,) speech, the verifier's input of each step."""

    posteriors: Array
    speech: Array
    sounds: Sequence[Array]


class Recogniser:
    """Recognises commands in a stream of samples. Not thread-safe: one instance a stream.

    The events depend on the samples only, not on the chunks in which they come. The network's state is renewed after
    every `Settings.state_reset` seconds in which nobody spoke, by hearing the last half second again from zero, so that
    it cannot drift away in hours of noise.
    """

    def __init__(
        self,
        model: Acoustic,
        grammar: Grammar,
        languages: Sequence[str] = ("en", "fr", "es"),
        settings: Settings | None = None,
        calibration: Calibration | None = None,
        lexicons: Mapping[str, Pronouncing] | None = None,
        vad: VoiceDetector | None = None,
        considered: Considered | None = None,
        verifier: Verifier | None = None,
        verified: Mapping[str, Calibration] | None = None,
    ) -> None:
        """Compile the grammar; takes about a second for three languages.

        Args:
            model: the acoustic model.
            grammar: the grammar.
            languages: languages to listen for, the first preferred.
            settings: thresholds and times.
            calibration: of the confidence; it belongs to the model.
            lexicons: language to lexicon, the packaged ones where it has none.
            vad: a second opinion: speech is then what both the model and this detector take for speech.
            considered: is told every command that is thought of, with its features, before it is judged.
            verifier: has a second look at them; it belongs to the model.
            verified: by language, the calibration of the confidence with it; others are judged without.

        Raises:
            KittError: a language the grammar does not have, a word that cannot be said, or a setting out of its range.
        """
        self._model, self._grammar, self._lexicons = model, grammar, lexicons
        self._settings = validate(settings or Settings())
        self._verifier = verifier
        self._judging = (calibration or Calibration(), verifier, verified, considered)
        self._features = LogMel()
        self._vad = vad
        self._speaking = False
        self.languages = tuple(languages)

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages listened for, the first preferred. Setting them compiles anew and forgets the stream."""
        return self._vocabulary.languages

    @languages.setter
    def languages(self, languages: Sequence[str]) -> None:
        self._vocabulary = compile_vocabulary(self._grammar, languages, self._lexicons)
        judge = Judge(self._vocabulary.lexicons, *self._judging)
        self._events = EventDetector(self._vocabulary, self._settings, judge)
        self.reset()

    @property
    def settings(self) -> Settings:
        """The settings; they may be replaced at any time and count from the next step on."""
        return self._settings

    @settings.setter
    def settings(self, settings: Settings) -> None:
        self._settings = validate(settings)
        self._events.change(settings)

    @property
    def speaking(self) -> bool:
        """Whether the car itself speaks: then nothing but «stop» counts, with a threshold of its own."""
        return self._events.speaking

    @speaking.setter
    def speaking(self, speaking: bool) -> None:
        self._speaking = self._events.speaking = speaking

    def reset(self) -> None:
        """Forget the stream; the next sample is at 0 s."""
        self._model.reset()
        self._features.reset()
        self._events.reset()
        self._events.speaking = self._speaking
        self._odd: Array = np.zeros((0, 0), np.float32)
        self._last: deque[Array] = deque(maxlen=_WARM_UP)
        self._fresh = 0
        self._steps = self._windows = 0
        self._voiced: deque[float] = deque(maxlen=_VAD_KEPT)
        if self._vad is not None:
            self._vad.reset()

    def push(self, samples: Array) -> list[Event]:
        """Take samples, give what is new.

        Args:
            samples: (n,) mono at 16 kHz, int16 or floating point from -1 to 1, any n.

        Returns:
            The events, each within the chunk whose samples completed it.

        Raises:
            ValueError: the samples are not mono or of another type.
        """
        events: list[Event] = []
        for at in range(0, len(samples), _CHUNK):
            events += self._push(samples[at : at + _CHUNK])
        return events

    def _push(self, samples: Array) -> list[Event]:
        if self._vad is not None:
            probabilities = self._vad.push(samples)
            self._voiced.extend(float(value) for value in probabilities)
            self._windows += len(probabilities)
        frames = self._features.push(samples)
        if len(self._odd):
            frames = np.concatenate((self._odd, frames))
        whole = len(frames) // STACK * STACK
        self._odd = frames[whole:]
        events: list[Event] = []
        for features in stack(frames):
            events += self._step(features)
        return events

    def flush(self) -> list[Event]:
        """The stream has ended: as if silence followed. The recogniser is then as new."""
        events = self.push(np.zeros(round(_END_SILENCE_S * SAMPLE_RATE), np.int16))
        events += self._events.flush()
        self.reset()
        return events

    def whole(self, samples: Array) -> Recording:
        """A whole recording as the network hears it from a fresh state, for closed vocabularies and teaching.

        See `push` for what samples are, and `kitt_voice.scoring` for what to do with it; forgets the stream.
        """
        self.reset()
        pad = np.zeros(round(_END_SILENCE_S * SAMPLE_RATE), np.asarray(samples).dtype)
        steps_of = stack(self._features.push(np.concatenate((samples, pad))))
        heard = [(*self._model.step(step), self._sound(step)) for step in steps_of]
        self.reset()
        posteriors, speech, sounds = zip(*heard, strict=True)
        return Recording(np.stack(posteriors), np.array(speech), sounds)

    def verified(self, recording: Recording, phrases: Sequence[tuple[str, str]]) -> Array | None:
        """What the verifier makes of a recording that holds one of some phrases: their log posteriors (N,).

        Args:
            recording: see `whole`.
            phrases: (text, language) each.

        Returns:
            None where there is no verifier, or one that has not learnt all the phrases.
        """
        if self._verifier is None:
            return None
        found = [self._verifier.knows(self._grammar.understand(*phrase)) for phrase in phrases]
        known = [index for index in found if index is not None]
        if len(known) < len(phrases):
            return None
        onset = int((recording.speech > self._settings.onset).argmax())
        begin = max(0, onset - steps(self._settings.preroll) // 2)
        return self._verifier.log_posteriors(recording.sounds[begin:])[known]

    def _sound(self, features: Array) -> Array:
        return features if self._verifier is None else np.concatenate((features.reshape(-1), self._model.top))

    def _step(self, features: Array) -> list[Event]:
        self._fresh = self._fresh + 1
        if min(self._fresh, self._events.quiet_steps) >= steps(self._settings.state_reset):
            self._model.reset()
            self._fresh = 0
            for earlier in self._last:
                self._model.step(earlier)
        self._last.append(features)
        log_probs, speech = self._model.step(features)
        self._steps += 1
        sound = None if self._verifier is None else self._sound(features)
        return self._events.step(log_probs, min(speech, self._second_opinion()), sound, level_db(features))

    def _second_opinion(self) -> float:
        """The greatest of the detector's probabilities in the third of a second before this step's last sample."""
        if self._vad is None:
            return 1.0
        # Windows that end within this step, whatever has come since: the chunks must not matter.
        last = ((self._steps - 1) * STEP + HOP + N_FFT) // WINDOW - (self._windows - len(self._voiced))
        return max(islice(self._voiced, max(last - _VAD_LOOK_BACK, 0), max(last, 0)), default=0.0)
