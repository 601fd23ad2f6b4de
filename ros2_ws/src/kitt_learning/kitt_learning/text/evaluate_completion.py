"""Figures of completion: next words, keystrokes, perplexity and speed, beside a trigram and presage in one run."""

from __future__ import annotations

import math
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from kitt_inference.download import cache_root
from kitt_inference.errors import KittError
from kitt_learning.text import presage
from kitt_learning.text.keystrokes import RULE, Complete, Typist, spans
from kitt_learning.text.kneser_ney import KneserNey
from kitt_text.command_graph import CommandGraph
from kitt_text.completion import Completer
from kitt_text.followers import tokens
from kitt_text.grammar import Grammar, default_grammar
from kitt_text.language_model import LanguageModel
from kitt_text.pieces import normalised
from kitt_text.word_search import search
from kitt_text.written import Writing

WORDS = 3000
"""Words a language whose recall is asked for."""
TYPED = 12_000
"""Characters of prose a language that are typed."""
PASSAGE = 6
"""Sentences of a passage that are typed one after the other."""
COMMANDS = 200
"""Commands a language that are typed."""
SEED = 7

Progress = Callable[[str, int, int], None]


def evaluate(
    texts: dict[str, list[str]] | None, languages: Sequence[str], rivals: bool, progress: Progress
) -> dict[str, Any]:
    """Measure completion.

    Args:
        texts: sentences by language, "" between documents; None: the test part of the corpora.
        languages: some of en, fr, es.
        rivals: also a Kneser-Ney trigram and presage, both made from the training part of the corpora.
        progress: called with what is at work, done and total.

    Returns:
        By language: figures of each predictor on prose and on commands; and the rule of typing.

    Raises:
        KittError: corpora or models are missing.
    """
    result: dict[str, Any] = {"rule": RULE, "seed": SEED, "languages": {}}
    for language in languages:
        given = (texts or {}).get(language) or ([] if texts else _corpus(language, "test"))
        if given:
            with tempfile.TemporaryDirectory() as work:
                run = _Run(LanguageModel.open(language), given, rivals, progress, Path(work))
                result["languages"][language] = run.measure()
    if not result["languages"]:
        raise KittError("there is no text to measure with", "give a file with sentences in one of the languages")
    return result


def next_words(model: LanguageModel, lines: Sequence[str]) -> dict[str, float]:
    """Recall of the next word and perplexity of one model, on the words that `evaluate` asks for.

    Args:
        model: with its table, or without.
        lines: sentences, "" between documents.
    """
    run = _Run(model, lines, False, lambda *_: None, Path())
    return {**run.recall("", run.ours, time.thread_time).tally.figures(), **run.perplexity(None, None)}


class _Run:
    """One language."""

    def __init__(
        self, model: LanguageModel, lines: Sequence[str], rivals: bool, progress: Progress, work: Path
    ) -> None:
        self._language, self._progress, self._rivals, self._work = model.language, progress, rivals, work
        self._grammar = default_grammar()
        self._model = model
        # Nobody's own phrases count here.
        self._completer = Completer({model.language: model}, self._grammar, None)
        self._passages = _passages(lines)
        self._running: list[presage.Presage] = []

    def measure(self) -> dict[str, Any]:
        found: dict[str, Any] = {"model": self._model.path.name, "prose": {}, "commands": {}}
        predictors: dict[str, Callable[[], Complete]] = {"kitt": lambda: self.ours}
        trigram = None
        if self._rivals:
            self._progress(f"{self._language}: training a trigram", 0, 0)
            trigram = KneserNey(_corpus(self._language, "train"), self._language)
            by_trigram = _of_trigram(trigram, self._language)
            predictors |= {"kneser-ney trigram": lambda: by_trigram, "presage": self._presage}
        for name, make in predictors.items():
            try:
                found["prose"][name] = self._prose(name, make)
            except KittError as error:
                if name != "presage":
                    raise
                found["without"] = {name: str(error)}
        for running in self._running:
            running.close()
        found["prose"]["kitt"] |= self.perplexity(trigram, found["prose"].get("kneser-ney trigram"))
        found["commands"]["kitt"] = self._commands(False)
        found["commands"]["kitt, commands only"] = self._commands(True)
        return found

    def ours(self, text: str, count: int) -> list[str]:
        """The model's completions."""
        return [item.text for item in self._completer.complete(text, self._language, count=count).completions]

    def _prose(self, name: str, make: Callable[[], Complete]) -> dict[str, float]:
        # Made anew: presage learns from what it is asked, and must not have seen what is typed.
        clock = time.perf_counter if name == "presage" else time.thread_time
        asked = self.recall(name, make(), clock)
        typed = Typist(make(), self._language, clock=clock)
        for passage in self._passages:
            if typed.tally.characters >= TYPED:
                break
            typed.type("", " ".join(passage))
            self._progress(f"{self._language}, {name}: typing", min(typed.tally.characters, TYPED), TYPED)
        recall, typing = asked.tally.figures(), typed.tally.figures()
        if not recall or not typing:
            return {}
        queries = {"queries": recall["queries"] + typing["queries"]}
        return {**recall, **typing, **queries, **self._everyday(make())}

    def recall(self, name: str, complete: Complete, clock: Callable[[], float]) -> Typist:
        """Ask for each next word of the first passages."""
        asked = Typist(complete, self._language, clock=clock)
        for passage in self._passages:
            if asked.tally.words >= WORDS:
                break
            text = " ".join(passage)
            asked.recall(text, spans(text, self._language))
            self._progress(f"{self._language}, {name}: next words", min(asked.tally.words, WORDS), WORDS)
        return asked

    def _everyday(self, complete: Complete) -> dict[str, float]:
        """How often an expected word is among three behind the sentences of everyday.yaml."""
        figures: dict[str, float] = {}
        raw = resources.files(__package__).joinpath("everyday.yaml").read_text("utf-8")
        for part, rows in yaml.safe_load(raw)[self._language].items():
            hits = 0
            for text, expected in rows:
                begun = text if text.endswith("'") else f"{text} "
                proposed = [tokens(found[len(text) :], self._language) for found in complete(begun, 3)]
                hits += any(words[0] in expected for words in proposed if words)
            figures |= {f"everyday_{part}": len(rows), f"everyday_{part}_top3": hits / len(rows)}
        return figures

    def _commands(self, only: bool) -> dict[str, float]:
        def complete(text: str, count: int) -> list[str]:
            return [item.text for item in self._completer.complete(text, self._language, only, count).completions]

        typist = Typist(complete, self._language)
        drawn = list(commands(self._grammar, self._language, COMMANDS, SEED))
        for done, command in enumerate(drawn, start=1):
            typist.type("", command)
            self._progress(f"{self._language}: commands", done, len(drawn))
        return {"commands": len(drawn), **typist.tally.figures()}

    def _presage(self) -> Complete:
        train = _corpus_file(self._language, "train")
        database = train.parent / f"presage_{self._language}_{train.stat().st_size}.db"
        if not database.is_file():
            self._progress(f"{self._language}: counting n-grams for presage", 0, 0)
            presage.train(train, database)
        rival = presage.Presage(database, Path(tempfile.mkdtemp(dir=self._work)), 6, self._language == "en")

        self._running.append(rival)

        def complete(text: str, count: int) -> list[str]:
            head = text[: len(text) - len(_begun(text, self._language))]
            return [head + word for word in rival.predict(text)[:count]]

        return complete

    def perplexity(self, trigram: KneserNey | None, beside: dict[str, float] | None) -> dict[str, float]:
        """Per word, given that a word follows; of words that the trigram knows, where there is one."""
        ours = theirs = 0.0
        count = 0
        for passage in self._passages:
            text = " ".join(passage)
            for begin, end in spans(text, self._language):
                word = normalised(text[begin:end])
                if count >= WORDS or (trigram is not None and not trigram.number(word)):
                    continue
                own = self._log_prob(text[:begin], word)
                if own is None:
                    continue
                count += 1
                ours += own
                if trigram is not None:
                    shares = trigram.distribution(tokens(_last_sentence(text[:begin]), self._language))
                    theirs += math.log(shares[trigram.number(word)] / shares[trigram.is_word].sum())
        if not count:
            return {}
        if beside is not None:
            beside |= {"perplexity": math.exp(-theirs / count), "perplexity_words": count}
        return {"perplexity": math.exp(-ours / count), "perplexity_words": count}

    def _log_prob(self, before: str, word: str) -> float | None:
        """Of a whole word, given that a word follows; None where it hangs on a sign."""
        if before and not before[-1].isspace():
            return None
        state, _ = self._model.after(self._model.tokens(before)[-200:])
        mass = search(self._model, state, "", 1, beam=1).log_mass
        pieces = self._model.pieces.encode(word)
        total = float(state.log_probs[0, pieces[0]])
        for token, following in zip(pieces, [*pieces[1:], None], strict=True):
            state = self._model.step([token], state)
            if following is not None:
                total += float(state.log_probs[0, following])
        ends = float(np.log(np.exp(state.log_probs[0, self._model.pieces.ends_word]).sum()))
        return total + (0.0 if word.endswith("'") else ends) - mass


def commands(grammar: Grammar, language: str, count: int, seed: int) -> Iterator[str]:
    """Commands as they are written: a command, then one of its phrases, then values, each drawn evenly."""
    rng = random.Random(seed)
    by_command: dict[str, list[tuple[str, ...]]] = {}
    for line, command in grammar.phrases(language):
        by_command.setdefault(command, []).append(tuple(line.split()))
    writing, graph = Writing(grammar, language), CommandGraph(grammar, language)
    made = 0
    while made < count:
        phrase = rng.choice(by_command[rng.choice(list(by_command))])
        said: list[str] = []
        for word in phrase:
            said += graph.draw(word[1:-1], rng) if word.startswith("{") else [word]
        if grammar.understand(" ".join(said), language).command:
            made += 1
            yield writing.join(said)


def _of_trigram(model: KneserNey, language: str) -> Complete:
    def complete(text: str, count: int) -> list[str]:
        typed = _begun(text, language)
        head = text[: len(text) - len(typed)]
        before = tokens(_last_sentence(head), language)
        return [head + word for word in model.predict(before, normalised(typed), count)]

    return complete


def _begun(text: str, language: str) -> str:
    """The word at the end of a text that is not finished."""
    places = spans(text[-80:], language)
    if places and places[-1][1] == len(text[-80:]) and not (language == "fr" and text.endswith("'")):
        return text[-80:][slice(*places[-1])]
    return ""


def _last_sentence(text: str) -> str:
    end = max(text.rfind(sign, 0, len(text)) for sign in (". ", "! ", "? ", "… "))
    return text[end + 2 :] if end >= 0 else text


def _passages(lines: Sequence[str]) -> list[list[str]]:
    """Runs of sentences of one document, in an order drawn by the seed."""
    found: list[list[str]] = [[]]
    for line in lines:
        if not line.strip() or len(found[-1]) == PASSAGE:
            found.append([])
        if line.strip():
            found[-1].append(" ".join(line.split()))
    passages = [passage for passage in found if passage]
    random.Random(SEED).shuffle(passages)
    return passages


def _corpus_file(language: str, split: str) -> Path:
    path = cache_root() / "text" / f"{language}_{split}.txt"
    if not path.is_file():
        raise KittError(f"{path} is missing", "`python -m kitt_learning.text.corpora` fetches the corpora")
    return path


def _corpus(language: str, split: str) -> list[str]:
    return _corpus_file(language, split).read_text("utf-8").split("\n")
