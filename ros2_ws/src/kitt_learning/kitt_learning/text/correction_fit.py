"""Fits how channel and context are weighed: `python -m kitt_learning.text.correction_fit MODEL_FOLDER`.

A conditional logit over the candidates of each doubted word of the dev sentences (words and sentences that no network
was trained on); then the least threshold at which no more than `BROKEN` of all right words are changed.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from kitt_learning.text.correction_sentences import cases
from kitt_text.correction import language_model
from kitt_text.correction_channel import Channel
from kitt_text.correction_dictionary import LANGUAGES, dictionary
from kitt_text.correction_judge import ContextScorer, Judge, Rated, Weights, likeliest
from kitt_text.correction_words import Word, words_of

BROKEN, BROKEN_ONE, LEAST = 0.003, 0.005, 0.3
"""Share of right words that may be changed on dev, of all languages and of one (the goal is 0.7 %, and the world is not
dev); least threshold."""
MOST = 1500

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Record:
    """A doubted word: what is known about it, and the number of the meant candidate; -1 where it is not among them."""

    language: str
    word: Word
    rated: Rated
    context: np.ndarray[Any, Any]
    meant: int


def records(
    channel: Channel, scorers: Mapping[str, ContextScorer | None], progress: Progress = lambda _line: None
) -> tuple[list[Record], Counter[str]]:
    """The doubted words of the dev sentences, and how many right words these have in all, by language."""
    found: list[Record] = []
    right_words: Counter[str] = Counter()
    for language in LANGUAGES:
        judge = Judge(dictionary(language), channel, {"context": Weights(), "alone": Weights()}, scorers[language])
        some = [case for case in cases(language, "dev", 2 * MOST) if case.kind != "neutral"][:MOST]
        for case in some:
            for word in words_of(case.text, language):
                wrong = word.begin == case.begin
                right_words[language] += not wrong
                if not judge.doubts(word):
                    continue
                rated, context = judge.evidence(word, case.text[: word.begin], case.text[word.end :])
                meant = case.right.lower().replace("’", "'") if wrong else word.lower
                at = rated.candidates.index(meant) if meant in rated.candidates else -1
                found.append(Record(language, word, rated, context, at))
        progress(f"{language}: {len(some)} sentences, {len(found)} doubted words so far")
    return found, right_words


def fit(found: Sequence[Record], with_context: bool) -> Weights:
    """Weights of greatest likelihood."""
    import torch

    usable = [r for r in found if r.meant >= 0 and len(r.rated.candidates) > 1]
    width = max(len(r.rated.candidates) for r in usable)
    channel = torch.full((len(usable), width), -1e3)
    context = torch.zeros((len(usable), width))
    capital = torch.tensor([float(r.word.text[0].isupper()) for r in usable])
    for at, r in enumerate(usable):
        channel[at, : len(r.rated.channel)] = torch.from_numpy(np.asarray(r.rated.channel, np.float32))
        context[at, : len(r.context)] = torch.from_numpy(np.asarray(r.context, np.float32))
    meant = torch.tensor([r.meant for r in usable])
    w = torch.tensor([1.0, 0.3, 0.0, 0.5], requires_grad=True)
    optimiser = torch.optim.LBFGS([w], max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> Any:
        optimiser.zero_grad()
        scores = w[0] * channel + (w[1] * context if with_context else 0.0)
        stay = torch.zeros_like(scores)
        stay[:, 0] = w[2] + w[3] * capital
        total = torch.nn.functional.cross_entropy(scores + stay, meant) + 1e-4 * (w**2).sum()
        total.backward()
        return total

    optimiser.step(loss)
    a, b, c, d = (round(float(x), 4) for x in w.detach())
    return Weights(a, b if with_context else 0.0, c, d, 1.0)


def with_threshold(weights: Weights, found: Sequence[Record], right_words: int, broken: float = BROKEN) -> Weights:
    """The weights with the least threshold at which few enough right words are changed."""
    hurt = sorted((p for r in found if r.meant == 0 and (p := _verdict(weights, r)[1]) >= LEAST), reverse=True)
    allowed = int(broken * right_words)
    threshold = LEAST if len(hurt) <= allowed else hurt[allowed] + 1e-3
    return replace(weights, threshold=round(min(threshold, 0.99), 4))


def shares(weights: Weights, found: Sequence[Record], right_words: int) -> tuple[float, float]:
    """Share of the dev misspellings mended, and of the right words broken."""
    wrong = [r for r in found if r.meant != 0]
    said = [(r, *_verdict(weights, r)) for r in found]
    mended = sum(r.meant == best and p >= weights.threshold for r, best, p in said if r.meant != 0)
    broken = sum(p >= weights.threshold for r, _, p in said if r.meant == 0)
    return mended / max(1, len(wrong)), broken / max(1, right_words)


def _verdict(weights: Weights, record: Record) -> tuple[int, float]:
    return likeliest(weights, record.word, record.rated, record.context)


def write_weights(folder: Path, progress: Progress, models: Mapping[str, str] | None = None) -> None:
    """Write `folder`/weights.json for its network; `models`: folders of language models that are not shipped yet."""
    channel = Channel(folder / "kitt_correct.onnx")
    scorers = {language: language_model((models or {}).get(language, language))[0] for language in LANGUAGES}
    found, right_words = records(channel, scorers, progress)
    raw: dict[str, dict[str, dict[str, float]]] = {language: {} for language in LANGUAGES}
    for kind in ("alone", "context"):
        rated = [one for one in LANGUAGES if kind == "alone" or scorers[one] is not None]
        all_rated = [r for r in found if r.language in rated]
        pooled = Weights()
        if rated:  # together: the dev sentences of one language are too few to say where one word in 300 breaks
            right = sum(right_words[one] for one in rated)
            pooled = with_threshold(fit(all_rated, kind == "context"), all_rated, right)
        for one in LANGUAGES:
            some = [r for r in found if r.language == one]
            # a language without a language model of its own takes the weights of the others, and a safe threshold
            own = with_threshold(pooled, some, right_words[one], BROKEN_ONE).threshold if one in rated else 0.6
            weights = replace(pooled, threshold=max(own, pooled.threshold if one in rated else 0.0))
            raw[one][kind] = asdict(weights)
            if one in rated:
                mended, broken = shares(weights, some, right_words[one])
                progress(f"{kind}, {one}: {weights}")
                progress(f"  dev: mended {mended:.4f}, broken {broken:.4f} of {right_words[one]} right words")
    (folder / "weights.json").write_text(json.dumps(raw, indent=1) + "\n")


if __name__ == "__main__":
    _pairs = dict(argument.split("=", 1) for argument in sys.argv[2:])
    write_weights(Path(sys.argv[1]), lambda line: print(line, flush=True), _pairs)
