"""From steps to events: what was heard counts once, when a whole utterance is a command and silence follows."""

from __future__ import annotations

import math
from collections import deque

from kitt_text.grammar import Understanding
from kitt_voice.confidence import Utterance
from kitt_voice.decoder import Decoder, Hypothesis, Spoken, Spotted, Spotter
from kitt_voice.gate import Gate
from kitt_voice.graph import Ints
from kitt_voice.heard import Activity, Event, Heard, Partial
from kitt_voice.judge import Judge, Sentence
from kitt_voice.settings import STEP_S, Settings, steps
from kitt_voice.talk import Talk, doubted
from kitt_voice.tokens import Floats, gains_of
from kitt_voice.vocabulary import Vocabulary

__all__ = ["Activity", "Event", "EventDetector", "Heard", "Partial"]

PARTIAL_STEPS = 5
_PARTIAL_LLR = -2.5
"""A partial text is shown while its words score at least this a phone, in nats."""
_SPOT_BEFORE = 11
_HUSHED = 3
"""Steps without speech after which nobody is in the middle of a word."""
_STILL_VOICED = 8
"""Further steps of patience while there is speech without phones."""
_SETTLED = 2
"""Steps after its last phone in which a sentence has to stay the best."""
_OTHERS = 16
"""Best sentences among which another command is looked for."""
_TIE = 0.5
"""A complete path this close to the best one, in nats, is the best one."""
_Step = tuple[Ints, float, float, Floats | None, float]
"""What `Utterance.add` takes."""


class EventDetector:
    """Takes posteriors and the probability of speech, step by step, and gives events."""

    def __init__(self, vocabulary: Vocabulary, settings: Settings, judge: Judge) -> None:
        """`judge`: how sure it is of what may be a command."""
        self.grammar = grammar = vocabulary.grammar
        self._judge_of = judge
        self.speaking = False
        self._stop_words = frozenset(w for data in grammar.data.languages.values() for w in data.stop_words)
        self._decoder = Decoder(vocabulary.sentences, settings.beam, settings.abandon)
        self._spotter = Spotter(vocabulary.stops) if vocabulary.stops else None
        self._gate, self._talk = Gate(settings), Talk()
        self.change(settings)
        self.reset()

    def change(self, settings: Settings) -> None:
        """Other settings from the next step on."""
        self.settings = self._gate.settings = settings
        self._decoder.beam, self._decoder.abandon = settings.beam, settings.abandon

    def reset(self) -> None:
        """Forget the stream; the next step is number 0."""
        self.time = 0
        self._gate.reset()
        self._talk.reset()
        self._recent: deque[_Step] = deque(maxlen=64)
        self._last: dict[str, int] = {}
        self._awake_until = -1
        self._spotting = False
        self._finish()

    @property
    def quiet_steps(self) -> int:
        """For how many steps nobody has spoken."""
        return 0 if self._started else self._gate.silent

    def step(self, log_probs: Floats, speech: float, sound: Floats | None = None, level: float = 0.0) -> list[Event]:
        """One step of 20 ms.

        Args:
            log_probs: posteriors (P,) in natural logarithms.
            speech: the probability of speech.
            sound: what a verifier hears of the step, where there is one.
            level: how loud it is [dB], against other steps.
        """
        events: list[Event] = []
        before = self._gate.open
        self._gate.step(speech, float(log_probs[0]))
        if self._gate.open != before:
            events.append(Activity(self._gate.open, self.time * STEP_S))
        gains = gains_of(log_probs)
        self._recent.append((gains, speech, float(log_probs.max()), sound, level))
        self.time += 1
        heard = self._utterance(events)
        heard = self._stop_inside(gains, events) or heard
        if heard is not None:
            events.append(heard)
        return events

    def flush(self) -> list[Event]:
        """The stream has ended: judge what was said as if silence followed."""
        events: list[Event] = []
        if self._started:
            heard = self._judge(0)
            if heard is not None:
                events.append(heard)
            self._end(events)
        if self._gate.open:
            events.append(Activity(False, self.time * STEP_S))
        self._gate.reset()
        return events

    def _utterance(self, events: list[Event]) -> Heard | None:
        if not self._started:
            if not self._gate.begins:
                return None
            self._start()
        else:
            self._take(self._recent[-1])
        if len(self._heard.speech) > steps(self.settings.longest):
            self._no_command(events)
            self._gate.spend()
            return None
        heard = self._judge(self._decoder.time)
        if heard is not None:
            self._end(events)
            self._gate.rearm()
            return heard
        if self._gate.over:
            heard = self._judge(0)
            if heard is None:
                self._no_command(events)
                return None
            self._end(events)
            self._gate.rearm()
            return heard
        if self._decoder.time % PARTIAL_STEPS == 0:
            self._partial(events)
        return None

    def _start(self) -> None:
        """Begin an utterance a little before its onset, but not before the silence that sets it apart."""
        self._started = True
        self._gate.spend()
        count = min(steps(self.settings.preroll) + 1, len(self._recent), self.time - self._not_before)
        recent = list(self._recent)[-max(count, 1) :]
        self._origin = self.time - len(recent)
        for step in recent:
            self._take(step)

    def _take(self, step: _Step) -> None:
        self._heard.add(*step)
        self._decoder.step(step[0])

    def _end(self, events: list[Event]) -> None:
        if self._shown:
            events.append(self._text(self._shown, final=True))
        self._finish()

    def _no_command(self, events: list[Event]) -> None:
        if not self.speaking:  # what the car itself says is no talk
            spoken = sum(speech >= self.settings.onset for speech in self._heard.speech)
            self._talk.add(self.time * STEP_S, STEP_S * spoken, self._heard.level)
        self._end(events)

    def _finish(self) -> None:
        self._started = False
        self._not_before = self.time
        self._origin = self.time
        self._heard = Utterance()
        self._shown: Hypothesis | None = None
        self._judged: tuple[str, int] | None = None
        self._decoder.reset()

    def _judge(self, now: int) -> Heard | None:
        """A command, if the best path is a whole sentence and silence followed; `now` 0: the stream ends here."""
        # While someone speaks, no path may be better, as that of a longer word; in silence it may.
        behind = math.inf if not now or self._gate.silent >= _HUSHED else _TIE
        hypothesis = self._decoder.complete(behind) if self._decoder.alive else None
        if hypothesis is None:
            return None
        key = (hypothesis.text, hypothesis.words[-1].end)
        if key == self._judged or (now and self._silence(hypothesis) < self._patience(hypothesis)):
            return None
        self._judged = key
        meaning = self.grammar.understand(hypothesis.text, hypothesis.language)
        if not meaning.command:
            if self.grammar.calls(hypothesis.text):
                self._wake(hypothesis)
            return None
        found = self._others(Sentence(meaning, hypothesis))
        sentence, confidence = self._judge_of.of_commands(found, self._heard)
        meaning, hypothesis = sentence.meaning, sentence.hypothesis
        calls = self.grammar.calls(hypothesis.text)
        called = calls or self._origin + hypothesis.words[0].begin <= self._awake_until or meaning.command == "stop"
        if not called:
            doubt = self._talk.doubt(self.time * STEP_S, self._heard.level, self.settings.talk)
            confidence = doubted(confidence, doubt)
        needed = self.settings.needed(meaning.command, self.speaking)
        if not confidence >= needed or (self.settings.wake_word and not called):  # NaN counts for nothing
            return None
        if calls:
            self._awake_until = self.time + steps(self.settings.wake_open)
        end = hypothesis.words[-1].end + self._origin
        return self._accept(meaning, hypothesis.language, confidence, hypothesis.words[0].begin + self._origin, end)

    def _silence(self, hypothesis: Hypothesis) -> int:
        """Steps since the sentence ended. The last phone may show late, in the silence («left»)."""
        return max(hypothesis.silence, self._gate.silent if hypothesis.silence >= _SETTLED else 0)

    def _patience(self, hypothesis: Hypothesis) -> int:
        """Steps of silence that end the sentence."""
        settings = self.settings
        if hypothesis.words[-1].word.text in self._stop_words:
            return steps(settings.patience_stop)
        wanted = steps(settings.patience_open if hypothesis.follows else settings.patience)
        # Blanks alone may also be a long vowel.
        return wanted if not self._gate.open else wanted + _STILL_VOICED

    def _others(self, best: Sentence) -> list[Sentence]:
        """The best sentence, and the best ones that mean something else, each meaning once."""
        found = {(best.meaning.command, best.meaning.slots): best}
        for other in self._decoder.alternatives(_OTHERS):
            meaning = self.grammar.understand(other.text, other.language)
            if meaning.command:
                found.setdefault((meaning.command, meaning.slots), Sentence(meaning, other))
        return list(found.values())

    def _wake(self, hypothesis: Hypothesis) -> None:
        confidence = self._judge_of.of_phones(hypothesis, self._heard)
        if not self.speaking and confidence >= self.settings.threshold:
            self._awake_until = self.time + steps(self.settings.wake_open)

    def _stop_inside(self, gains: Ints, events: list[Event]) -> Heard | None:
        """The short way of «stop»: at the end of any words, once a short silence shows that it is the end."""
        if self._spotter is None or not self._gate.active:
            if self._spotter is not None and self._spotting:
                self._spotter.reset()
                self._spotting = False
            return None
        if not self._spotting:
            # Begin a little earlier: speech is sometimes noticed after the first phone.
            self._spotting = True
            earlier = list(self._recent)[-_SPOT_BEFORE:-1]
            self._first = self.time - 1 - len(earlier)
            for before, *_ in earlier:
                self._spotter.step(before)
        spotted = self._spotter.step(gains)
        if spotted.silence != steps(self.settings.patience_stop_inside):
            return None
        hypothesis = _alone(spotted)
        # No lead is known over other words. From the word's begin on; `recent` ends with this step.
        since = Utterance()
        for step in list(self._recent)[max(self._first + spotted.begin - self.time + len(self._recent), 0) :]:
            since.add(*step)
        confidence = self._judge_of.of_phones(hypothesis, since, hypothesis.llr)
        settings = self.settings
        if confidence < (settings.threshold_stop_speaking if self.speaking else settings.threshold_stop_inside):
            return None
        meaning = Understanding("stop", (), spotted.word.language, 1.0, spotted.word.text)
        begin, end = self._first + spotted.begin, self._first + spotted.end
        heard = self._accept(meaning, spotted.word.language, confidence, begin, end)
        if heard is not None and self._started:
            self._end(events)
        return heard

    def _accept(self, meaning: Understanding, language: str, confidence: float, begin: int, end: int) -> Heard | None:
        last = self._last.get(meaning.command)
        self._last[meaning.command] = self.time
        if last is not None and (self.time - last < steps(self.settings.refractory) or begin <= last):
            return None
        lag = self.settings.lag
        times = (max(begin * STEP_S - lag, 0.0), (end + 1) * STEP_S - lag)
        return Heard(meaning.command, meaning.slots, meaning.text, language, confidence, *times)

    def _partial(self, events: list[Event]) -> None:
        best = self._decoder.partial()
        if best is None or not best.words or best.llr < _PARTIAL_LLR * best.phones:
            return
        if self._shown is None or best.text != self._shown.text:
            self._shown = best
            events.append(self._text(best, final=False))

    def _text(self, hypothesis: Hypothesis, final: bool) -> Partial:
        begin, end = hypothesis.words[0].begin + self._origin, hypothesis.words[-1].end + self._origin
        return Partial(hypothesis.text, hypothesis.language, final, begin * STEP_S, (end + 1) * STEP_S)


def _alone(spotted: Spotted) -> Hypothesis:
    """A spotted word as a path of its own, from step 0."""
    word = Spoken(spotted.word, 0, spotted.end - spotted.begin, spotted.llr)
    return Hypothesis((word,), spotted.llr, spotted.silence, 0.0, False)
