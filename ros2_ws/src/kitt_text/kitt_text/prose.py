"""Completion of free prose: the next words by a language model and the operator's own phrases together."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from kitt_text.followers import tokens
from kitt_text.known_words import KnownWords
from kitt_text.language_model import LanguageModel, State
from kitt_text.personal import TRUST, PersonalCache, words_of
from kitt_text.pieces import continues, normalised
from kitt_text.word_search import ELISION, Word, rough_mass, search

WINDOW = 32
"""Words of context: at least so many of those there are, less than twice as many."""
USUAL, USUAL_FROM = 0.05, 2
"""Share of the usual words by their frequency alone, once so many letters were typed."""
COUNTED = 0.5
"""Share of the table of followers in the mixture with the network."""
INVENTED = 0.05
"""What a word that is put together from pieces and is none of the usual ones keeps of its probability."""
FURTHER = 2.0
"""What each piece of a word behind its first one costs, where the model is not asked for it."""
PIECES = 256
"""Of the context, at most."""
LIKELY = 0.5
"""A further word is proposed with the one before if it is at least this likely after it."""
LONGEST = 5
"""Words of a proposal."""
ENDED = 0.3
"""A word that stands there is taken for whole if it is at least this likely to be; then the next ones are proposed."""
_TYPED = re.compile(r"[^\W\d_](?:[^\W_]|['’-])*\Z")
_HEAD = re.compile(r"\S*\Z")
_OPENING = "([{«\"“¿¡'’-/"


@dataclass(frozen=True)
class Place:
    """Where a text goes on: `context` before the word that was begun, `typed` of it, and the sign it hangs on."""

    context: str
    typed: str
    glued: bool

    @classmethod
    def of(cls, text: str) -> Place:
        """Find the word that was begun; the context is cut to its last words."""
        match = _TYPED.search(text[-200:])
        typed = match.group() if match else ""
        context = text[: len(text) - len(typed)]
        head = _HEAD.search(context[-80:])
        return cls(_window(context), typed, bool(typed) and bool(head and head.group()))


@dataclass(frozen=True)
class ProseProposal:
    """A continuation: the whole text, and its probability."""

    text: str
    probability: float


@dataclass(frozen=True)
class _Candidate:
    """Words in the making."""

    words: tuple[str, ...]
    probability: float
    state: State | None


class ProseCompletion:
    """Completion in one language; may be used from any thread."""

    def __init__(self, model: LanguageModel, cache: PersonalCache | None) -> None:
        self.model = model
        self._cache = cache
        self._usual = KnownWords.load(model.language)

    def complete(self, text: str, count: int) -> tuple[list[ProseProposal], float]:
        """Continue a text.

        Returns:
            The likeliest words, best first, at most one of the proposals of more than one word; and the log-probability
            of the text, its unfinished word included.
        """
        place = Place.of(text)
        state, total = self._after(place)
        typed = normalised(place.typed)
        sentence = _sentence(place.context)
        candidates, mass = self._next(state, sentence, typed, count + 1, place.glued)
        found = [item for item in candidates if normalised(item.words[0]) != typed]
        stands = next((item for item in candidates if normalised(item.words[0]) == typed), None)
        if typed and stands and stands.state is not None and stands.probability >= ENDED:
            following, _ = self._next(stands.state, f"{sentence}{place.typed} ", "", count, False)
            found += [
                _Candidate((place.typed, *item.words), item.probability * stands.probability, item.state)
                for item in following
            ]
        found.sort(key=lambda item: -item.probability)
        found = found[: max(count, 1)]
        longer = self._own(text, place) or (self._longer(found[0], sentence) if found else None)
        if longer is not None and all(item.words != longer.words for item in found):
            self._make_room(found, longer, len(place.typed), count)
        proposals = [ProseProposal(self._written(text, place, item.words), item.probability) for item in found]
        return proposals, total + mass

    def log_probability(self, text: str) -> float:
        """Of a text, its unfinished word included, nearly; cheaper than to complete it."""
        place = Place.of(text)
        state, total = self._after(place)
        typed = normalised(place.typed)
        return total + (rough_mass(self.model, state, typed, place.glued) if typed else 0.0)

    def begins(self, text: str, words: Sequence[str]) -> list[float]:
        """Rough log-probabilities of some words in place of the one that was begun."""
        state, _ = self._after(Place.of(text))
        rows = [self.model.pieces.encode(word) for word in words]
        return [float(state.log_probs[0, row[0]]) - FURTHER * (len(row) - 1) for row in rows]

    def _after(self, place: Place) -> tuple[State, float]:
        tokens = self.model.tokens(place.context)
        return self.model.after(tokens[-PIECES:])

    def _next(
        self, state: State, sentence: str, typed: str, count: int, glued: bool, beam: int = 16
    ) -> tuple[list[_Candidate], float]:
        """The words that may stand next, best first, and the log-probability of what was typed of them."""
        found = search(self.model, state, typed, count, beam, glued)
        language = self.model.language
        known, share = self._cache.following(words_of(sentence), typed, language) if self._cache else ({}, 0.0)
        merged = {
            word.text: _Candidate((word.text,), self._trusted(word, found.log_mass), word.state) for word in found.words
        }
        if self.model.followers and not glued:
            self._add_followers(merged, state, sentence, typed, found.log_mass)
        if len(typed) >= USUAL_FROM:
            self._add_usual(merged, typed)
        if known and not merged:
            share = 1.0
        if share:
            merged = {
                word: replace(item, probability=item.probability * (1.0 - share)) for word, item in merged.items()
            }
        for word, probability in known.items():
            key = normalised(word)
            old = merged.get(key)
            total = share * probability + (old.probability if old else 0.0)
            merged[key] = _Candidate((word,), total, old.state if old else None)
        ranked = sorted(merged.values(), key=lambda item: -item.probability)
        return ranked, found.log_mass if found.words else (-60.0 if typed else 0.0)

    def _trusted(self, word: Word, log_mass: float) -> float:
        """A word's probability; that of one put together from pieces which is none of the usual ones is lowered."""
        probability = math.exp(word.log_prob - log_mass)
        made_up = len(self.model.pieces.encode(word.text)) > 1 and word.text not in self._usual
        return probability * (INVENTED if made_up and word.text not in self.model.casing else 1.0)

    def _add_followers(
        self, merged: dict[str, _Candidate], state: State, sentence: str, typed: str, log_mass: float
    ) -> None:
        """Mix in what usually follows the last two words; `log_mass`: of all words of the network that fit `typed`."""
        assert self.model.followers is not None
        stem, elided, begun = typed.rpartition(ELISION) if self.model.language == "fr" else ("", "", typed)
        stem += elided
        following = self.model.followers.after(tokens(sentence + stem, self.model.language), begun)
        if not following.words:
            return
        fitting = math.exp(min(log_mass - rough_mass(self.model, state, stem), 0.0)) if begun else 1.0
        network = (1.0 - COUNTED * following.known) * fitting
        total = network + COUNTED * following.fitting
        for word, item in merged.items():
            merged[word] = replace(item, probability=item.probability * network / total)
        for word, probability in following.words.items():
            old = merged.get(stem + word)
            whole = COUNTED * probability / total + (old.probability if old else 0.0)
            merged[stem + word] = _Candidate((stem + word,), whole, old.state if old else None)

    def _add_usual(self, merged: dict[str, _Candidate], typed: str) -> None:
        """Mix the usual words in, by their frequency alone."""
        for word, probability in self._usual.beginning(typed, 8).items():
            old = merged.get(word)
            kept = old.probability * (1.0 - USUAL) if old else 0.0
            merged[word] = _Candidate((word,), kept + USUAL * probability, old.state if old else None)

    def _own(self, text: str, place: Place) -> _Candidate | None:
        """The likeliest of the operator's phrases that begin like the whole text, the words from the begun one on."""
        begun = normalised(" ".join(text.split()))
        if not self._cache or not begun:
            return None
        phrases = self._cache.phrases(self.model.language)
        fitting = {p: n for p, n in phrases.items() if len(p) > len(begun) and continues(begun, normalised(p))}
        if not fitting:
            return None
        best = max(fitting, key=lambda phrase: fitting[phrase])
        words = best[len(begun) - len(place.typed) :].split()
        total = sum(fitting.values())
        return _Candidate(tuple(words), TRUST * fitting[best] / (total + 1.0), None) if len(words) > 1 else None

    def _longer(self, first: _Candidate, sentence: str) -> _Candidate | None:
        """The likeliest proposal and what is likely to follow it; None where nothing is."""
        item = first
        while len(item.words) < LONGEST and item.words[-1][-1:] not in ELISION:
            state = item.state
            if state is None:
                state, _ = self.model.after(self.model.tokens(f"{sentence} {' '.join(item.words)}"))
            following, _ = self._next(state, f"{sentence} {' '.join(item.words)} ", "", 1, False, beam=4)
            if not following or following[0].probability < LIKELY:
                break
            best = following[0]
            item = _Candidate((*item.words, *best.words), item.probability * best.probability, best.state)
        return item if item is not first else None

    @staticmethod
    def _make_room(found: list[_Candidate], longer: _Candidate, typed: int, count: int) -> None:
        """Put the longer proposal in the last place if it promises to save more there; ranked by the mean of its words.

        Length normalisation: the geometric mean of the words' probabilities.
        """
        more = sum(map(len, longer.words)) - (len(found[0].words[-1]) if found else 0)
        if len(found) >= count:
            last = found[-1]
            if count == 1 or longer.probability * more <= last.probability * (len(last.words[-1]) - typed):
                return
            found.pop()
        mean = longer.probability ** (1.0 / len(longer.words))
        at = next((i for i, item in enumerate(found) if item.probability < mean and i > 0), len(found))
        found.insert(at, longer)

    def _cased(self, word: str) -> str:
        """With its usual capitals: of «l'espagne» the name behind the apostrophe, of «london's» the one before it."""
        usual = self.model.casing
        stem, mark, rest = word.rpartition("'")
        if not mark or word in usual:
            return usual.get(word, word)
        if self.model.language == "en":
            return (usual.get(stem, stem) if rest in ("", "s") else stem) + mark + rest
        return stem + mark + usual.get(rest, rest)

    def _written(self, text: str, place: Place, words: Sequence[str]) -> str:
        """The whole text with the words, capitals restored."""
        starts = _begins_sentence(place.context)
        written = []
        for index, word in enumerate(words):
            usual = self._cased(word)
            if index == 0 and (starts or place.typed[:1].isupper()):
                usual = usual[:1].upper() + usual[1:]
            written.append(usual)
        if place.typed.isupper() and sum(map(str.isalpha, place.typed)) > 1:  # «I'» is no shouting
            written = [word.upper() for word in written]
        if place.typed:
            head = text[: len(text) - len(place.typed)]
            written[0] = _as_typed(place.typed, written[0])
        else:
            head = text if not text or text[-1].isspace() or text[-1] in _OPENING else text + " "
        line = head
        for index, word in enumerate(written):
            glue = index == 0 or written[index - 1][-1:] in ELISION
            line += word if glue else " " + word
        return line


def _as_typed(typed: str, word: str) -> str:
    """`word` with the capitals and signs that were typed; accents and capitals that it needs are added."""
    start = "".join(t if t.isupper() or not t.isalpha() else w for t, w in zip(typed, word, strict=False))
    return start + word[len(typed) :]


def _begins_sentence(context: str) -> bool:
    """Whether a sentence begins, in a text that begins its sentences with capitals."""
    stripped = context.rstrip()
    return bool(stripped) and stripped[-1] in ".!?…" and context != stripped and any(c.isupper() for c in context)


def _sentence(context: str) -> str:
    """What stands in the last sentence."""
    return re.split(r"[.!?…]\s+|\n", context[-400:])[-1]


def _window(context: str) -> str:
    """The last words. The window moves on by `WINDOW` words at a time: a text that grows mostly keeps its states."""
    start = 0
    if len(context) > 8000:
        start = (len(context) - 4000) // 4000 * 4000
    words = list(re.finditer(r"\S+", context[start:]))
    first = (len(words) - WINDOW) // WINDOW * WINDOW
    return context[start + words[first].start() :] if first > 0 else context[start:]
