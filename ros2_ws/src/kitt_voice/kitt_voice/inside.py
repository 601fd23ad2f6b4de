"""Looking inside the ears: what the gates and the memory of each LSTM layer do while a word is spoken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from kitt_inference.errors import KittError
from kitt_inference.lstm_walk import Gates, lstm_layers, walk
from kitt_inference.taps import OpenGraph
from kitt_text.phones import BLANK, PHONES
from kitt_voice.acoustic import AcousticModel
from kitt_voice.features import SAMPLE_RATE, STEP, LogMel, as_float, stack
from kitt_voice.heard import Heard
from kitt_voice.opening import open_ears
from kitt_voice.scoring import prefix_scores, pronunciations

Array = np.ndarray[Any, Any]

STEP_S = STEP / SAMPLE_RATE
"""Length of a step of the network [s]."""
LONGEST_S = 6.0
"""No more of a recording is looked at."""
_WORDS = 4  # of a phrase that competes in `command_odds`
_SPEECH = 0.5
_AROUND_S = 0.3


@dataclass(frozen=True)
class HearingLook:
    """What a stretch of sound did in the ears. T steps of 20 ms.

    Attributes:
        begin_s: where it begins in the recording [s].
        mel: (2T, 40) logarithms of the power in mel bands, a row every 10 ms.
        layers: gates, memory and output of each LSTM layer, the lowest first.
        log_probs: (T, P) natural logarithms of the phones' posteriors, column 0 the blank.
        speech: (T,) the probability that somebody speaks.
        commands: the commands that any phrase of at most four words gives; odds: (T, len(commands)) their posteriors
            after every step, as if exactly one of them were being said and all were equally likely before.
        phones: (name, step) where the best path of phones changes; blanks and repetitions left out.
        heard: what the recogniser made of it; times in the recording [s].
        deviation: the greatest difference between the walk in numpy and ONNX Runtime, over the state and output of
            every layer and step and the posteriors.
    """

    model: str
    begin_s: float
    mel: Array
    layers: tuple[Gates, ...]
    log_probs: Array
    speech: Array
    commands: tuple[str, ...]
    odds: Array
    phones: tuple[tuple[str, int], ...]
    heard: tuple[Heard, ...]
    deviation: float


class EarInspector:
    """Ears that show what happens in them; for one thread."""

    def __init__(self, model: str = "auto") -> None:
        """Open model and grammar; takes a second or two.

        Raises:
            KittError: the model is missing, damaged or no network of LSTMs.
        """
        self._ears = open_ears(model, int8=False)
        file = self._ears.model.file
        graph = OpenGraph(file)
        self._layers = lstm_layers(graph)
        self._model = AcousticModel.load(file)
        # the rest of the network: features standardised before, phones and speech after the layers
        names = ("mean", "scale", "phones_w", "phones_b")
        weights = {name: graph.weight(name) for name in names}
        if any(value is None for value in weights.values()):
            raise KittError(f"{file} is no network of `kitt train speech`", "give one that it exported")
        self._weights: dict[str, Array] = {name: np.asarray(value) for name, value in weights.items()}
        self._commands, self._strings, self._owner = self._phrases()

    def look(self, samples: Array) -> HearingLook:
        """What the last words of a recording do in the ears.

        Args:
            samples: (n,) mono at 16 kHz, int16 or floating point from -1 to 1. Of a long recording the last
                `LONGEST_S` seconds are looked at, and of these the last stretch in which somebody speaks.

        Raises:
            KittError: it is shorter than a step, or not finite.
        """
        signal = as_float(samples)
        if len(signal) < 2 * STEP:
            raise KittError(f"the recording is {len(signal) / SAMPLE_RATE:.2f} s long", "give a second or more")
        if not np.isfinite(signal).all():
            raise KittError("the recording holds values that are no numbers", "record again")
        start = max(0, len(signal) - round(LONGEST_S * SAMPLE_RATE))
        signal = signal[start:]
        frames = LogMel().push(np.concatenate((signal, np.zeros(4 * STEP, np.float32))))
        features = stack(frames)
        self._model.reset()
        log_probs, speech, states = self._run(features)
        layers = self._walk(features)
        deviation = self._deviation(layers, states, log_probs)
        first, last = _stretch(speech)
        part = slice(first, last)
        cut = tuple(Gates(*(getattr(layer, name)[part] for name in "ifogch")) for layer in layers)
        begin_s = start / SAMPLE_RATE + first * STEP_S
        return HearingLook(
            self._ears.model.name, begin_s, frames[2 * first : 2 * last], cut, log_probs[part], speech[part],
            self._commands, self._odds(log_probs[part]), _phones(log_probs[part]),
            self._heard(signal, start / SAMPLE_RATE), deviation,
        )  # fmt: skip

    def _run(self, features: Array) -> tuple[Array, Array, list[tuple[Array, Array]]]:
        posteriors, speech, states = [], [], []
        for row in features:
            posterior, spoken = self._model.step(row)
            posteriors.append(posterior)
            speech.append(spoken)
            states.append(self._model.state)
        return np.array(posteriors), np.array(speech), states

    def _walk(self, features: Array) -> list[Gates]:
        x = ((features - self._weights["mean"]) * self._weights["scale"]).astype(np.float32)
        layers = []
        for layer in self._layers:
            layers.append(walk(layer, x))
            x = layers[-1].h
        return layers

    def _deviation(self, layers: list[Gates], states: list[tuple[Array, Array]], log_probs: Array) -> float:
        logits = layers[-1].h @ self._weights["phones_w"] + self._weights["phones_b"]
        own = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
        worst = float(np.abs(np.exp(own) - np.exp(log_probs)).max())
        for index, layer in enumerate(layers):
            h = np.array([state[0][index, 0] for state in states])
            c = np.array([state[1][index, 0] for state in states])
            worst = max(worst, float(np.abs(h - layer.h).max()), float(np.abs(c - layer.c).max()))
        return worst

    def _phrases(self) -> tuple[tuple[str, ...], list[tuple[str, ...]], Array]:
        grammar = self._ears.grammar
        strings: dict[tuple[str, ...], str] = {}
        for language in self._ears.languages:
            lexicon = grammar.lexicon(language)
            for phrase, command in grammar.phrases(language):
                if "{" in phrase or len(phrase.split()) > _WORDS:
                    continue
                for phones in pronunciations(phrase, lexicon, 1):
                    strings.setdefault(phones, command)
        commands = tuple(dict.fromkeys(strings.values()))
        return commands, list(strings), np.array([commands.index(command) for command in strings.values()])

    def _odds(self, log_probs: Array) -> Array:
        scores = prefix_scores(log_probs, self._strings)
        each = np.full((len(scores), len(self._commands)), -np.inf)
        for index in range(len(self._commands)):
            own = scores[:, self._owner == index]
            each[:, index] = np.logaddexp.reduce(own, axis=1) - np.log(own.shape[1])
        each -= each.max(axis=1, keepdims=True)
        odds = np.exp(each)
        return np.asarray(odds / odds.sum(axis=1, keepdims=True), np.float32)

    def _heard(self, signal: Array, start_s: float) -> tuple[Heard, ...]:
        recogniser = self._ears.recogniser
        recogniser.reset()
        events = [*recogniser.push(signal), *recogniser.flush()]
        return tuple(_moved(event, start_s) for event in events if isinstance(event, Heard))


def _moved(event: Heard, by_s: float) -> Heard:
    return Heard(
        event.command, event.slots, event.text, event.language, event.confidence, event.begin_s + by_s,
        event.end_s + by_s,
    )  # fmt: skip


def _stretch(speech: Array) -> tuple[int, int]:
    """First and last step, the latter excluded, of the last words; the whole where nobody speaks."""
    around = round(_AROUND_S / STEP_S)
    spoken = np.flatnonzero(speech > _SPEECH)
    if not len(spoken):
        return 0, len(speech)
    gaps = np.flatnonzero(np.diff(spoken) > 2 * around)
    first = spoken[gaps[-1] + 1] if len(gaps) else spoken[0]
    return max(0, int(first) - around), min(len(speech), int(spoken[-1]) + around + 1)


def _phones(log_probs: Array) -> tuple[tuple[str, int], ...]:
    best = log_probs.argmax(axis=1)
    return tuple(
        (PHONES[phone], step)
        for step, phone in enumerate(best)
        if phone != BLANK and (step == 0 or best[step - 1] != phone)
    )
