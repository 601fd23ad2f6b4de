"""The network that tags the slots of a sentence and tells its intent: models/kitt_understand, one run a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kitt_inference import zoo
from kitt_inference.card import front_matter
from kitt_inference.download import sha256_of
from kitt_inference.errors import KittError
from kitt_inference.session import Session, open_session
from kitt_text.tagging import BUCKETS, LANGUAGES, SLOTS, TAGS, Token, best_tags, features, spans

MODEL = "kitt_understand"
TASK = "understanding"
_REMEDY = "`git checkout models/kitt_understand`"
_STREETS = frozenset(("street", "avenue", "road", "lane", "boulevard", "square", "rue", "calle", "avenida", "plaza"))
"""Nobody is called so: with one of these words a person is a place."""
Span = tuple[str, int, int]
"""A slot's name, its first word and the word behind its last."""


@dataclass(frozen=True)
class Reading:
    """What the network makes of a sentence: `confidence` in intent and slots together, a calibrated probability."""

    intent: str
    spans: tuple[Span, ...]
    language: str
    confidence: float


class Tagger:
    """A loaded network; any thread may use it."""

    def __init__(self, session: Session, intents: Mapping[str, Mapping[str, Any]], colours: Mapping[str, str]) -> None:
        """Use a loaded network.

        Args:
            session: the network.
            intents: its outputs, in order, each with the slots that it `needs` and those that it `takes`.
            colours: words without accents to English names.

        Raises:
            KittError: the network has other inputs or outputs.
        """
        outputs = {spec.name: spec.shape[-1] for spec in session.outputs}
        wanted = {"tags": len(TAGS), "intent": len(intents), "language": len(LANGUAGES)}
        if {spec.name for spec in session.inputs} != {"grams", "shapes", "places"} or outputs != wanted:
            raise KittError(f"the network of understanding gives {outputs}, not {wanted}", _REMEDY)
        self._session = session
        self.intents, self.colours = tuple(intents), dict(colours)
        self._needs = [frozenset(slots.get("needs", ())) for slots in intents.values()]
        self._takes = [frozenset(slots.get("takes", SLOTS)) for slots in intents.values()]

    @classmethod
    def open(cls, model: str = "auto") -> Tagger:
        """Load the network of a card: auto, a folder's name in models/, a folder or a card.

        Raises:
            KittError: card or network are missing, damaged, or not of this task.
        """
        path = Path(model)
        if path.suffix != ".md" and len(path.parts) < 2:
            path = zoo.models_dir() / (MODEL if model == "auto" else model)
        card = path if path.suffix == ".md" else path / "card.md"
        if not card.is_file():
            raise KittError(f"there is no network of understanding at {path}", f"its card would be {card}; {_REMEDY}")
        head = front_matter(card)
        intents, colours = head.get("intents"), head.get("colours")
        if head.get("task") != TASK or not isinstance(intents, dict) or not isinstance(colours, dict):
            raise KittError(f"{card} is no card of a network of understanding", f"its task would be «{TASK}»")
        file = card.parent / str(head.get("file", f"{MODEL}.onnx"))
        if not file.is_file():
            raise KittError(f"{file} is missing", _REMEDY)
        if sha256_of(file) != head.get("sha256"):
            raise KittError(f"{file} is not the file of its card: its sha256 differs", _REMEDY)
        if head.get("grams") != BUCKETS:
            what = f"{file} was trained with a table of {head.get('grams', 'other')} n-grams, not of {BUCKETS}"
            raise KittError(what, f"train it anew: docs/understanding.md; the shipped one: {_REMEDY}")
        words = {str(word): str(name) for name, listed in colours.items() for word in listed}
        known = {str(name): slots if isinstance(slots, dict) else {} for name, slots in intents.items()}
        return cls(open_session(file, "onnxruntime", threads=1), known, words)

    def read(self, tokens: Sequence[Token]) -> Reading | None:
        """What a sentence means; None where there are no words, or where the network gives no numbers."""
        if not tokens:
            return None
        grams, shapes, places = features(tokens)
        out = self._session.run({"grams": grams[None], "shapes": shapes[None], "places": places[None]})
        tags, intent, language = (out[name][0].astype(np.float64) for name in ("tags", "intent", "language"))
        if not (np.isfinite(tags).all() and np.isfinite(intent).all() and np.isfinite(language).all()):
            return None
        path = best_tags(tags)
        weakest = min(tags[at, tag] for at, tag in enumerate(path))
        found = tuple(
            ("place" if name == "person" and _STREETS & {t.plain for t in tokens[begin:end]} else name, begin, end)
            for name, begin, end in spans(path)
        )
        said = {name for name, _, _ in found}
        # Intent and slots are read side by side; together they must make sense.
        fits = [needs <= said <= takes for needs, takes in zip(self._needs, self._takes, strict=True)]
        odds = np.exp(intent) * (fits if any(fits) else 1.0)
        best = int(odds.argmax())
        confidence = float(odds[best] / odds.sum() * np.exp(min(weakest, 0.0)))
        return Reading(self.intents[best], found, LANGUAGES[int(language.argmax())], confidence)
