"""Looking inside the completer: the state of its LSTM while a sentence grows, and what it expects next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from kitt_inference.errors import KittError
from kitt_inference.lstm_walk import Gates
from kitt_inference.taps import OpenGraph
from kitt_text.completion import Completer, Completion
from kitt_text.grammar import own_grammar
from kitt_text.language_model import LanguageModel
from kitt_text.pieces import BEGIN, SPACE
from kitt_text.prose import ProseCompletion

Array = np.ndarray[Any, Any]

LONGEST = 48
"""So many of a text's last pieces are looked at."""
_CHARACTERS = 2000
_TAPS = ("i_on", "f_on", "o_on", "g_on", "c_next", "h_next")
_LIKELY = 6
_NEXT = 8


@dataclass(frozen=True)
class Step:
    """One piece of the text.

    Attributes:
        piece: as it is written, «▁» for the space before it.
        surprise: -log2 of its probability before it came [bit]; of the first piece of all, too.
        expected: the likeliest (piece, probability) in its place, best first.
    """

    piece: str
    surprise: float
    expected: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class TextLook:
    """What a text did in the language model. T pieces.

    Attributes:
        gates: (T, H) each, see `Gates`; row t after piece t.
        steps: the pieces.
        next_words: (text so far, ((word, probability), ...)) after every word: the distribution of what follows.
        proposals: what the completer proposes for the whole text, commands among them.
        deviation: the greatest difference between c = f * c + i * g, h = o * tanh(c) worked out in numpy and what the
            network made of them.
    """

    model: str
    language: str
    text: str
    gates: Gates
    steps: tuple[Step, ...]
    next_words: tuple[tuple[str, tuple[tuple[str, float], ...]], ...]
    proposals: tuple[Completion, ...]
    reason: str
    deviation: float


class TextInspector:
    """A completer that shows what happens in it; for one thread."""

    def __init__(self, languages: tuple[str, ...] = ("en", "fr", "es")) -> None:
        """Load the models. Raises KittError where one is missing or shows no gates."""
        self._models = {code: LanguageModel.open(code) for code in languages}
        self._completer = Completer(self._models, own_grammar(), None)
        self._prose = {code: ProseCompletion(model, None) for code, model in self._models.items()}
        self._sessions: dict[str, Any] = {}

    def look(self, text: str, language: str = "") -> TextLook:
        """What a text does in the model of its language, which is found out where none is given.

        Raises:
            KittError: there is no such language, or the text holds nothing that can be read.
        """
        if not text.strip():
            raise KittError("the text is empty", "give some words")
        found = self._completer.complete(text, language, count=_NEXT)
        code = found.language
        if code not in self._models:
            raise KittError(found.reason or "the text cannot be read", "give words in English, French or Spanish")
        model = self._models[code]
        tokens = model.tokens(text[-_CHARACTERS:])[-LONGEST:]
        if not tokens:
            raise KittError("the text holds no word", "give words in English, French or Spanish")
        gates, log_probs, deviation = self._run(code, model, tokens)
        rows = zip(tokens, log_probs, strict=True)
        steps = tuple(Step(_written(model, token), _bits(row[token]), _likely(model, row)) for token, row in rows)
        return TextLook(
            model.path.stem, code, text, gates, steps, self._next_words(text, code), found.completions, found.reason,
            deviation,
        )  # fmt: skip

    def _run(self, code: str, model: LanguageModel, tokens: list[int]) -> tuple[Gates, Array, float]:
        """The gates after every piece, and (T, V) what was expected in the place of each."""
        if code not in self._sessions:
            graph = OpenGraph(model.path)
            if not all(graph.has(name) for name in _TAPS):
                raise KittError(f"{model.path} does not name its gates", "export it with `kitt train text`")
            self._sessions[code] = graph.session(_TAPS)
        session = self._sessions[code]
        shape = next(spec.shape for spec in session.inputs if spec.name == "h")
        h = c = np.zeros((shape[0], 1, shape[2]), np.float32)
        out = session.run({"token": np.array([BEGIN]), "h": h, "c": c})
        kept: list[list[Array]] = [[] for _ in _TAPS]
        expected, deviation = [], 0.0
        for token in tokens:
            expected.append(out["log_probs"][0])
            before = out["c_out"]
            out = session.run({"token": np.array([token]), "h": out["h_out"], "c": before})
            i, f, o, g, c_now, h_now = (out[name].reshape(-1) for name in _TAPS)
            own = f * before.reshape(-1) + i * g
            deviation = max(deviation, float(np.abs(own - c_now).max()), float(np.abs(o * np.tanh(own) - h_now).max()))
            for values, row in zip(kept, (i, f, o, g, c_now, h_now), strict=True):
                values.append(row)
        return Gates(*(np.array(values) for values in kept)), np.array(expected), deviation

    def _next_words(self, text: str, code: str) -> tuple[tuple[str, tuple[tuple[str, float], ...]], ...]:
        found = []
        for begun in _beginnings(text):
            proposals, _ = self._prose[code].complete(begun, _NEXT)
            found.append((begun, tuple((row.text[len(begun) :].strip(), row.probability) for row in proposals)))
        return tuple(found)


def _beginnings(text: str) -> list[str]:
    """A text after each of its last words, each with the space that ends it."""
    words = text[-400:].split()[-LONGEST // 2 :]
    return [" ".join(words[: n + 1]) + " " for n in range(len(words))]


def _bits(log_prob: float) -> float:
    return float(-log_prob / np.log(2.0))


def _written(model: LanguageModel, token: int) -> str:
    text = model.pieces.texts[token]
    return (SPACE if model.pieces.ends_word[token] and text[:1].isalnum() else "") + text


def _likely(model: LanguageModel, row: Array) -> tuple[tuple[str, float], ...]:
    best = np.argsort(-row, kind="stable")[:_LIKELY]
    return tuple((_written(model, int(token)), float(np.exp(row[token]))) for token in best)
