"""How sure it is that a sentence was said: by its phones, and by the verifier where that knows the words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from kitt_text.grammar import Understanding
from kitt_voice.confidence import FEATURES, Calibration, Utterance, features_of
from kitt_voice.decoder import Hypothesis
from kitt_voice.graph import Pronouncing
from kitt_voice.talk import doubted
from kitt_voice.verifier import Verifier, evidence

Considered = Callable[[Understanding, Sequence[float]], None]
"""Is told what might be a command, and its features, before it is judged."""

STOP = "stop"
PHONES_SHARE = 0.3
"""Weight of a sentence's score beside the verifier's: CTC counts each step as if it were independent of the others."""
FIRST = 0.5
"""Nats by which the phones' best sentence is preferred."""
ALONE = 0.8
"""Nats that «stop» by its phones alone counts less than by both networks."""


@dataclass(frozen=True)
class Sentence:
    """A path through the grammar and what it means."""

    meaning: Understanding
    hypothesis: Hypothesis


class Judge:
    """Gives confidences, from 0 to 1."""

    def __init__(
        self,
        lexicons: Mapping[str, Pronouncing],
        calibration: Calibration,
        verifier: Verifier | None = None,
        verified: Mapping[str, Calibration] | None = None,
        considered: Considered | None = None,
    ) -> None:
        """Args:
        lexicons: by language.
        calibration: of the phones alone.
        verifier, verified: the second network, and by language the calibration of both together.
        considered: see `Considered`.
        """
        self._lexicons, self._calibration, self._considered = lexicons, calibration, considered
        self._verifier, self._verified = verifier, verified or {}

    def of_phones(self, hypothesis: Hypothesis, heard: Utterance, other: float | None = None) -> float:
        """The confidence by the phones alone; `other`: the score of the best sentence that means something else."""
        return self._calibration.confidence(self._features(hypothesis, heard, other))

    def of_commands(self, found: Sequence[Sentence], heard: Utterance) -> tuple[Sentence, float]:
        """Which command was said, and the confidence that it was. For «stop» it is enough that the phones are sure.

        Args:
            found: the sentences that it may be, best first by their phones, each with another meaning; at least one.
            heard: the utterance.
        """
        chosen, rated = 0, self._rated(found, heard)
        if rated and found[0].meaning.command != STOP:
            chosen = max(rated, key=lambda at: rated[at][0])
        sentence = found[chosen]
        other = next((s.hypothesis.llr for at, s in enumerate(found) if at != chosen), None)
        features, calibration = self._features(sentence.hypothesis, heard, other), self._calibration
        if rated:
            features += rated[chosen][1]
            calibration = self._verified[sentence.hypothesis.language]
        if self._considered is not None:
            self._considered(sentence.meaning, features)
        confidence = calibration.confidence(features)
        if rated and sentence.meaning.command == STOP:
            alone = self._calibration.confidence(features[: len(FEATURES)])
            confidence = max(confidence, doubted(alone, ALONE))
        return sentence, confidence

    def _rated(self, found: Sequence[Sentence], heard: Utterance) -> dict[int, tuple[float, tuple[float, ...]]]:
        """Scores by both networks, and the evidence, of what the verifier knows; empty where that is not the best."""
        verifier = self._verifier
        if verifier is None or self._known(verifier, found[0]) is None:
            return {}
        posteriors = verifier.log_posteriors(heard.sounds)
        known = {at: self._known(verifier, sentence) for at, sentence in enumerate(found)}
        seen = {at: evidence(posteriors, index) for at, index in known.items() if index is not None}
        return {at: (PHONES_SHARE * found[at].hypothesis.llr + s[0] + FIRST * (at == 0), s) for at, s in seen.items()}

    def _known(self, verifier: Verifier, sentence: Sentence) -> int | None:
        """The verifier's class for what a sentence means; None where it has no say."""
        return verifier.knows(sentence.meaning) if sentence.hypothesis.language in self._verified else None

    def _features(self, hypothesis: Hypothesis, heard: Utterance, other: float | None) -> tuple[float, ...]:
        return features_of(hypothesis, heard, self._lexicons[hypothesis.language], other)
