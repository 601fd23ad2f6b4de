"""What is likely to be written next: an LSTM language model over subwords, run step by step with its state in hand."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from kitt_inference.errors import KittError
from kitt_inference.session import Session, open_session
from kitt_inference.shipped import checked, find_shipped
from kitt_text.followers import Followers
from kitt_text.pieces import BEGIN, END, Ids, Pieces

Floats = np.ndarray[Any, np.dtype[np.float32]]

LANGUAGES = ("en", "fr", "es")
TASK = "text"
INPUTS = ("token", "h", "c")
OUTPUTS = ("log_probs", "h_out", "c_out")
LEFT_TOKENS, RIGHT_TOKENS = 24, 4
"""So much of the context counts in `score`."""
MAX_TOKENS = 24
"""Of a candidate; a longer one is rated by its beginning."""
BATCH = 64
STATES = 512
"""So many states are kept; each is a few kB."""
_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"»”')]*\s+|\n+")
_ABBREVIATED = re.compile(r"([^\W\d_]+)\.[\"»”')]*\s+\Z")
_TITLES = frozenset(["mr", "mrs", "ms", "dr", "st", "no", "vol", "sr", "sra", "mme", "mlle", "cf", "vs", "fig"])


@dataclass(frozen=True)
class State:
    """Where the network stands after some pieces: `h`, `c` (L, B, H), `log_probs` (B, V) of the piece that follows."""

    h: Floats
    c: Floats
    log_probs: Floats

    def row(self, index: int) -> State:
        """One of the batch."""
        at = slice(index, index + 1)
        return State(self.h[:, at], self.c[:, at], self.log_probs[at])

    def rows(self, indices: Sequence[int]) -> State:
        """Some of the batch; an index may stand there more than once."""
        at = list(indices)
        return State(self.h[:, at], self.c[:, at], self.log_probs[at])


def joined(states: Sequence[State]) -> State:
    """Several states as one batch."""
    return State(
        np.concatenate([s.h for s in states], axis=1),
        np.concatenate([s.c for s in states], axis=1),
        np.concatenate([s.log_probs for s in states]),
    )


class LanguageModel:
    """A loaded model of one language; may be used from any thread."""

    def __init__(
        self,
        session: Session,
        pieces: Pieces,
        path: Path,
        language: str,
        casing: dict[str, str],
        followers: Followers | None = None,
    ) -> None:
        """Use a loaded network; `path` names it in errors, `followers` stands by it where words are proposed.

        Raises:
            KittError: the network is no language model, or not one of these pieces.
        """
        inputs = {spec.name: spec.shape for spec in session.inputs}
        outputs = {spec.name: spec.shape for spec in session.outputs}
        if set(inputs) != set(INPUTS) or not set(OUTPUTS) <= set(outputs):
            raise KittError(
                f"{path} is no language model: it has the inputs {', '.join(inputs)} and outputs {', '.join(outputs)}, "
                f"not {', '.join(INPUTS)} and {', '.join(OUTPUTS)}",
                "`git checkout models`",
            )
        layers, _, hidden = inputs["h"] if len(inputs["h"]) == 3 else (-1, -1, -1)
        if layers < 1 or hidden < 1 or inputs["c"] != inputs["h"]:
            raise KittError(f"{path} takes states {inputs['h']} and {inputs['c']}", "export the model anew")
        if outputs["log_probs"][-1] != len(pieces):
            raise KittError(
                f"{path} knows {outputs['log_probs'][-1]} pieces, its pieces.model {len(pieces)}",
                "take both files of one model",
            )
        self.language, self.path, self.pieces, self.casing = language, path, pieces, casing
        self.followers = followers
        self._session = session
        self._states: OrderedDict[tuple[int, ...], tuple[State, float]] = OrderedDict()
        self._lock = Lock()
        zero = np.zeros((layers, 1, hidden), np.float32)
        self._start = self.step([BEGIN], State(zero, zero, np.zeros((1, len(pieces)), np.float32)))
        if not np.isfinite(self._start.log_probs).all():
            raise KittError(f"{path} gives numbers that are not finite", "`git checkout models`")

    @classmethod
    def open(cls, model: str) -> LanguageModel:
        """Load a language's model, or the one of a folder.

        Args:
            model: «en», «fr» or «es», or a path to a folder with a card.

        Raises:
            KittError: there is none, or its files are damaged.
        """
        name = f"kitt_lm_{model}" if model in LANGUAGES else model
        if model not in LANGUAGES and len(Path(model).parts) < 2 and not Path(model).is_dir():
            raise KittError(f"there is no language «{model}»", f"there are {', '.join(LANGUAGES)}")
        found = find_shipped(name, TASK, "language model")
        folder = found.file.parent
        checked(folder / "pieces.model", str(found.card.get("sha256_pieces", "")))
        language = str(found.card.get("name", folder.name))[-2:]
        session = open_session(found.file, "onnxruntime", threads=1)
        casing = _casing(folder / "casing.txt")
        table, wanted = folder / "followers.npz", str(found.card.get("sha256_followers", ""))
        if wanted:
            checked(table, wanted)
        followers = Followers.read(table) if table.is_file() else None
        return cls(session, Pieces(folder / "pieces.model"), found.file, language, casing, followers)

    def step(self, tokens: Sequence[int] | Ids, state: State) -> State:
        """One piece more for each of a batch.

        Args:
            tokens: B pieces. state: of B texts.

        Raises:
            KittError: the network cannot be run.
        """
        token = np.asarray(tokens, np.int64)
        out = self._session.run({"token": token, "h": state.h, "c": state.c})
        return State(out["h_out"], out["c_out"], out["log_probs"])

    def tokens(self, text: str) -> list[int]:
        """The pieces of a text, with a sentence's end where one ends and a space follows."""
        *whole, last = _sentences(text)
        found: list[int] = []
        for sentence in whole:
            row = self.pieces.encode(sentence)
            found += [*row, END] if row else []
        return [*found, *self.pieces.encode(last)]

    def after(self, tokens: Sequence[int]) -> tuple[State, float]:
        """The state after the beginning of a text and `tokens`, and their log-probability.

        States are kept: a text that grows costs only what is new.
        """
        key = tuple(tokens)
        with self._lock:
            known = len(key)
            while known and key[:known] not in self._states:
                known -= 1
            state, total = self._states[key[:known]] if known else (self._start, 0.0)
            if known:
                self._states.move_to_end(key[:known])
        for at in range(known, len(key)):
            total += float(state.log_probs[0, key[at]])
            state = self.step([key[at]], state)
            with self._lock:
                self._states[key[: at + 1]] = state, total
                if len(self._states) > STATES:
                    self._states.popitem(last=False)
        return state, total

    def score(self, left: str, candidates: Sequence[str], right: str = "") -> Floats:
        """Log-probabilities of words in their context.

        Args:
            left: the text before the word, of which the last `LEFT_TOKENS` pieces count; a space between it and the
                word may be missing.
            candidates: words that may stand there.
            right: the text behind the word, of which `RIGHT_TOKENS` pieces count.

        Returns:
            (N,) natural logarithm of the probability of each candidate and of what follows it; where nothing follows,
            of the candidate as a whole word. Never NaN.
        """
        begun = re.search(r"\S*$", left)
        stem = begun.group() if begun else ""
        before = self.tokens(left[: len(left) - len(stem)])
        if stem and stem[-1] not in "'’-([{«\"“¿¡":
            before, stem = self.tokens(left), ""
        tail = right[:60]
        gap = " " if tail and tail[0].isalnum() else ""
        rows = []
        for candidate in candidates:
            own = self.pieces.encode(stem + candidate)[:MAX_TOKENS]
            whole = self.pieces.encode(f"{stem}{candidate}{gap}{tail}") if tail.strip() else own
            rows.append(whole[: len(own) + RIGHT_TOKENS])
        state, _ = self.after(before[-LEFT_TOKENS:])
        alone = not tail.strip()
        parts = [self._score_batch(state, rows[at : at + BATCH], alone) for at in range(0, len(rows), BATCH)]
        return np.concatenate(parts) if parts else np.empty(0, np.float32)

    def _score_batch(self, state: State, rows: Sequence[Sequence[int]], whole_words: bool) -> Floats:
        """Padded forward of rows of pieces; `whole_words`: with the probability that a word ends behind them."""
        size, longest = len(rows), max(map(len, rows))
        padded = np.full((size, longest), END, np.int64)
        for index, row in enumerate(rows):
            padded[index, : len(row)] = row
        lengths = np.array([len(row) for row in rows])
        state = state.rows([0] * size)
        total = np.zeros(size, np.float64)
        ends = self.pieces.ends_word
        for at in range(longest + 1):
            last = lengths == at
            if whole_words and last.any():
                total[last] += np.log(np.exp(state.log_probs[last][:, ends].astype(np.float64)).sum(axis=1) + 1e-30)
            goes = lengths > at
            if not goes.any():
                break
            total[goes] += state.log_probs[goes, padded[goes, at]]
            state = self.step(padded[:, at], state)
        return np.nan_to_num(total, nan=-1e9, posinf=-1e9, neginf=-1e9).astype(np.float32)


def _casing(path: Path) -> dict[str, str]:
    """Words that are mostly written with capitals, by their small letters."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise KittError(f"{path} cannot be read ({error})", "`git checkout models`") from error
    pairs = (line.split("\t") for line in lines if "\t" in line)
    return {pair[0]: pair[1] for pair in pairs}


def _sentences(text: str) -> list[str]:
    """A text at its sentences' ends; behind a title or an initial there is none."""
    found, start = [], 0
    for match in _SENTENCE_END.finditer(text):
        word = _ABBREVIATED.search(text[max(start, match.end() - 24) : match.end()])
        if word and "\n" not in match.group() and (len(word.group(1)) == 1 or word.group(1).lower() in _TITLES):
            continue
        found.append(text[start : match.end()])
        start = match.end()
    return [*found, text[start:]]
