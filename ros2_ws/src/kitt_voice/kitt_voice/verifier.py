"""A second look at what may be a command: an LSTM that tells whole commands apart, run once an utterance.

Two stages are usual where keywords are spotted: the first one runs in every step and may be wrong, the second one sees
all of the utterance, in both directions (Gruenstein and others 2017; Sigtia and others 2018). It hears what the
acoustic model made of the sound beside the sound itself. Phrases that users added it does not know: of them the phones
alone decide.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from kitt_inference.errors import KittError
from kitt_inference.session import Session, open_session
from kitt_text.grammar import Grammar, Understanding, default_grammar
from kitt_voice.acoustic import FEATURES, REMEDY, Floats
from kitt_voice.evaluation import meaning_of

CLASSES = (
    "", "back", "back(...)", "come", "down", "faster", "find(...)", "follow(...)", "forget_places", "forget_routine",
    "forward", "forward(...)", "go", "go_on", "go_to(...)", "good_night", "hello", "help", "how_are_you",
    "how_many(...)", "learn_routine", "left", "left(...)", "lights_off", "lights_on", "look_around", "no",
    "number(...)", "number(0)", "number(1)", "number(10)", "number(2)", "number(3)", "number(4)", "number(5)",
    "number(6)", "number(7)", "number(8)", "number(9)", "off", "on", "park", "patrol", "remember_place", "right",
    "right(...)", "routine_done", "slower", "stop", "turn_around", "up", "wait", "wait(...)", "wake_up",
    "what_do_you_see", "where_is(...)", "who_are_you", "yes",
)  # fmt: skip
"""What it tells apart; the first is everything that is no command."""
INDEX = {name: index for index, name in enumerate(CLASSES)}
LONGEST = 150
"""Steps that it looks at, at most: the last 3 s."""
LEAST = -8.0
"""Logarithms of posteriors count at least this."""
_DIGITS = 10


def class_name(meaning: str) -> str:
    """The class of a meaning as `evaluation.meaning_of` gives it: values are one class, but numbers up to ten."""
    command, values = meaning.partition("(")[::2]
    if not values or (command == "number" and meaning in INDEX):
        return meaning
    return f"{command}(...)"


def evidence(log_posteriors: Floats, index: int) -> tuple[float, float, float]:
    """How it rates a class: its log posterior, that of no command at all, and its lead over the best other command."""
    own = float(log_posteriors[index])
    others = np.delete(log_posteriors, (0, index))
    lead = own - float(others.max())
    return max(own, LEAST), max(float(log_posteriors[0]), LEAST), max(LEAST, min(-LEAST, lead))


class Verifier:
    """The network; without state."""

    def __init__(self, session: Session, path: Path, hidden: int, grammar: Grammar | None = None) -> None:
        """Use a loaded network.

        Args:
            session: takes `steps` (T, 1, 80 + hidden), gives `log_probs` (1, len(CLASSES)).
            path: names it in errors.
            hidden: size of the acoustic model's last layer.
            grammar: whose phrases it has learnt, the packaged one.

        Raises:
            KittError: the network is another one, or belongs to other ears.
        """
        inputs = {spec.name: spec.shape for spec in session.inputs}
        outputs = {spec.name: spec.shape for spec in session.outputs}
        if set(inputs) != {"steps"} or outputs.get("log_probs", ())[-1:] != (len(CLASSES),):
            raise KittError(f"{path} is no verifier of {len(CLASSES)} classes", REMEDY)
        if inputs["steps"][-1] != FEATURES + hidden:
            raise KittError(
                f"{path} takes {inputs['steps'][-1]} values a step, the acoustic model gives {FEATURES + hidden}",
                "take the verifier that was trained with this acoustic model",
            )
        self._session = session
        self._grammar = grammar or default_grammar()

    @classmethod
    def load(cls, path: Path, hidden: int) -> Verifier:
        """Load the ONNX file; see the constructor for what is raised."""
        return cls(open_session(path, "onnxruntime", threads=1), path, hidden)

    def knows(self, meaning: Understanding) -> int | None:
        """The class of a command of one word, None for what it has not learnt, and for phrases of several words.

        Phrases are long enough for their phones to tell them apart, and few people were heard saying them.
        """
        if " " in meaning.text.strip():
            return None
        index = INDEX.get(class_name(meaning_of(meaning.command, meaning.slots)))
        if not index:
            return None
        learnt = self._grammar.understand(meaning.text, meaning.language)
        return index if learnt.command == meaning.command else None

    def log_posteriors(self, steps: Sequence[Floats]) -> Floats:
        """Of the classes (C,), natural logarithms; nothing but «no command» where it cannot tell.

        Args:
            steps: (80 + hidden,) each, log-mel and the acoustic model's last layer, from the utterance's begin on.
        """
        table = np.asarray(steps[-LONGEST:], np.float32)
        if not len(table) or not np.isfinite(table).all():
            return np.array([0.0] + [LEAST] * (len(CLASSES) - 1), np.float32)
        return self._session.run({"steps": table[:, None]})["log_probs"].reshape(-1)
