"""How sure it is that a sentence was said: by its phones, and by the verifier where that knows the words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from kitt_text.grammar import Understanding
from kitt_voice.confidence import Calibration, Utterance, features_of
from kitt_voice.decoder import Hypothesis
from kitt_voice.graph import Pronouncing
from kitt_voice.verifier import Verifier, evidence

Considered = Callable[[Understanding, Sequence[float]], None]
"""Is told what might be a command, and its features, before it is judged."""


class Judge:
    """Gives confidences, from 0 to 1."""

    def __init__(
        self,
        lexicons: Mapping[str, Pronouncing],
        calibration: Calibration,
        verifier: Verifier | None = None,
        verified: Calibration | None = None,
        considered: Considered | None = None,
    ) -> None:
        """Args:
        lexicons: by language.
        calibration: of the phones alone.
        verifier, verified: the second network, and the calibration of both together.
        considered: see `Considered`.
        """
        self._lexicons, self._calibration, self._considered = lexicons, calibration, considered
        self._verifier, self._verified = verifier, verified or calibration

    def of_phones(self, hypothesis: Hypothesis, heard: Utterance, other: float | None = None) -> float:
        """The confidence by the phones alone; `other`: the score of the best sentence that means something else."""
        return self._calibration.confidence(self._features(hypothesis, heard, other))

    def of_command(
        self, meaning: Understanding, hypothesis: Hypothesis, heard: Utterance, other: float | None
    ) -> float:
        """The confidence that a command was said."""
        features, calibration = self._features(hypothesis, heard, other), self._calibration
        known = self._verifier.knows(meaning) if self._verifier is not None else None
        if self._verifier is not None and known is not None:
            features += evidence(self._verifier.log_posteriors(heard.sounds), known)
            calibration = self._verified
        if self._considered is not None:
            self._considered(meaning, features)
        return calibration.confidence(features)

    def _features(self, hypothesis: Hypothesis, heard: Utterance, other: float | None) -> tuple[float, ...]:
        return features_of(hypothesis, heard, self._lexicons[hypothesis.language], other)
