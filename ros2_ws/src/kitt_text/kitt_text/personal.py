"""The operator's own phrases: a small cache of n-grams that learns on the robot, and can be cleared.

A cache beside a language model (Kuhn and De Mori, «A cache-based natural language model for speech recognition», 1990),
over words, discounted as by Witten and Bell (1991). The phrases themselves are what the file keeps.
"""

from __future__ import annotations

import json
import re
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from threading import RLock
from typing import Any

from kitt_inference.errors import KittError
from kitt_text.pieces import continues, normalised
from kitt_text.user_data import user_data, write_json

ORDER = 3
"""Words of context that count."""
MAX_PHRASES = 2000
MAX_CHARS = 400
"""A longer phrase is not learnt."""
TRUST = 0.7
"""The greatest share of the cache in a mixture with a language model."""
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*['’]?")
START = "<s>"


def words_of(text: str) -> list[str]:
    """The words of a text as they are written, without punctuation; an inner «'» or «-» belongs to the word."""
    return _WORD.findall(text)


def usual_file() -> Path:
    """Where the phrases lie: `$XDG_DATA_HOME/kitt/phrases.json`, else `~/.local/share/kitt/phrases.json`."""
    return user_data("phrases.json")


class PersonalCache:
    """The operator's phrases; may be used from any thread, and from several processes by turns.

    Attributes:
        warning: what was wrong with the file; empty where nothing was.
    """

    def __init__(self, path: Path | None = None) -> None:
        """Read the file; a damaged one is told in `warning` and set aside at the next change."""
        self.path = path or usual_file()
        self.warning = ""
        self._lock = RLock()
        self._stamp: tuple[int, int] | None = None
        self._phrases: OrderedDict[tuple[str, str], int] = OrderedDict()
        self._follow: dict[str, dict[tuple[str, ...], Counter[str]]] = {}
        self.refresh()

    def __len__(self) -> int:
        return len(self._phrases)

    def refresh(self) -> None:
        """Read the file again if another process has changed it."""
        with self._lock:
            stamp = self._stamp_now()
            if stamp == self._stamp and self._follow:
                return
            self._stamp = stamp
            self._phrases = self._read() if stamp else OrderedDict()
            self._count()

    def learn(self, text: str, language: str) -> bool:
        """Learn one phrase, and write the file.

        Returns:
            Whether it was learnt: not one without words, or longer than `MAX_CHARS`.

        Raises:
            KittError: the file cannot be written.
        """
        phrase = " ".join(text.split())
        if len(phrase) > MAX_CHARS or not words_of(phrase) or not phrase.isprintable():
            return False
        with self._lock:
            self.refresh()
            key = (phrase, language)
            self._phrases[key] = self._phrases.get(key, 0) + 1
            self._phrases.move_to_end(key)
            while len(self._phrases) > MAX_PHRASES:
                # The rarest of the older half goes.
                older = list(self._phrases)[: MAX_PHRASES // 2]
                del self._phrases[min(older, key=self._phrases.__getitem__)]
            self._write()
            self._count()
        return True

    def clear(self) -> None:
        """Forget everything, the file too.

        Raises:
            KittError: the file cannot be removed.
        """
        with self._lock:
            try:
                self.path.unlink(missing_ok=True)
            except OSError as error:
                raise KittError(
                    f"{self.path} cannot be removed ({error.strerror})", "see its folder's rights"
                ) from error
            self._phrases.clear()
            self._stamp, self.warning = None, ""
            self._count()

    def following(self, before: Sequence[str], typed: str, language: str) -> tuple[dict[str, float], float]:
        """The words that followed, as they were written.

        Args:
            before: the words before, of this text only. typed: the beginning of the word, normalised.

        Returns:
            Word to its probability given that the cache is right, and the cache's share in a mixture, 0 to `TRUST`.
        """
        with self._lock:
            follow = self._follow.get(language)
            if not follow:
                return {}, 0.0
            context = [START, *map(normalised, before)][-ORDER:]
            probabilities: dict[str, float] = {}
            left, share = 1.0, 0.0
            for length in range(len(context), 0, -1):
                counts = follow.get(tuple(context[-length:]))
                if not counts:
                    continue
                fitting = {word: n for word, n in counts.items() if continues(typed, normalised(word))}
                total, kinds = sum(fitting.values()), len(fitting)
                if not total:
                    continue
                kept = total / (total + kinds)
                for word, number in fitting.items():
                    probabilities[word] = probabilities.get(word, 0.0) + left * kept * number / total
                left *= 1.0 - kept
                # Two words of context are worth more than one, and a start of a phrase that begins like this, too.
                weight = (0.25, 0.6, 1.0)[min(length, 3) - 1] if typed == "" else 1.0
                share = max(share, TRUST * weight * total / (total + 1.0))
            known = 1.0 - left
            return ({w: p / known for w, p in probabilities.items()}, share) if known > 0 else ({}, 0.0)

    def phrases(self, language: str) -> dict[str, int]:
        """The phrases of a language and how often each was learnt."""
        with self._lock:
            return {phrase: count for (phrase, code), count in self._phrases.items() if code == language}

    def _count(self) -> None:
        follow: dict[str, dict[tuple[str, ...], Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
        for (phrase, language), count in self._phrases.items():
            written = words_of(phrase)
            row = [START, *map(normalised, written)]
            for at, word in enumerate(written, start=1):
                for length in range(1, min(ORDER, at) + 1):
                    follow[language][tuple(row[at - length : at])][word] += count
        self._follow = follow or {"": {}}

    def _stamp_now(self) -> tuple[int, int] | None:
        try:
            facts = self.path.stat()
        except OSError:
            return None
        return facts.st_mtime_ns, facts.st_size

    def _read(self) -> OrderedDict[tuple[str, str], int]:
        try:
            given: Any = json.loads(self.path.read_text("utf-8"))
            rows = [(str(text), str(code), int(count)) for text, code, count in given["phrases"][-MAX_PHRASES:]]
            if any(count < 1 or len(text) > MAX_CHARS for text, _, count in rows):
                raise ValueError("a phrase is too long or its count is no count")
        except (OSError, ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
            reason = str(error) or type(error).__name__
            self.warning = (
                f"{self.path} is damaged ({reason}): nothing is known of your phrases; it is kept as *.damaged"
            )
            return OrderedDict()
        self.warning = ""
        return OrderedDict(((text, code), count) for text, code, count in rows)

    def _write(self) -> None:
        rows = [[text, code, count] for (text, code), count in self._phrases.items()]
        try:
            if self.warning:
                with suppress(FileNotFoundError):
                    self.path.replace(self.path.with_name(self.path.name + ".damaged"))
                self.warning = ""
            write_json(self.path, {"phrases": rows})
        except OSError as error:
            raise KittError(f"{self.path} cannot be written ({error.strerror})", "see its folder's rights") from error
        self._stamp = self._stamp_now()
