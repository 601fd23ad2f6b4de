"""`kitt teach` at work: recordings to pronunciations, into the user's file, and how well they are heard then."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kitt_cli.speech import sound
from kitt_cli.speech.hearing import commands
from kitt_cli.speech.microphone import live
from kitt_inference.errors import KittError
from kitt_text import own_words
from kitt_text.loading import read
from kitt_text.words import tokens
from kitt_voice.enrolment import learn
from kitt_voice.evaluation_audio import embed, to_int16
from kitt_voice.features import SAMPLE_RATE
from kitt_voice.opening import open_ears
from kitt_voice.scoring import Phones, pronunciations
from kitt_voice.teaching import nearest

Array = np.ndarray[Any, Any]
_LISTEN_S = 3.0


class Lesson:
    """One phrase to be taught."""

    def __init__(self, phrase: str, command: str, language: str, file: Path | None, model: str) -> None:
        """Raises KittError when the phrase has no words, or model, language or the user's file is wrong."""
        words = tokens(phrase)
        if not words:
            raise KittError(f"«{phrase}» has no words", "give what will be said")
        self.phrase, self.language, self.model = " ".join(words), language, model
        self.file = file or own_words.user_file()
        self._before = open_ears(model, grammar=self._given(), languages=language)
        understood = self._before.grammar.understand(self.phrase, language)
        known = understood.command if understood.language == language else ""
        if known and command and command != known:
            raise KittError(f"«{phrase}» means {known} already", "choose other words, or leave --command out")
        self.command = known or command or "_".join(words)

    def teach(self, recordings: Sequence[tuple[str, Array]], force: bool = False) -> dict[str, Any]:
        """Learn, write and listen again; the report for --json. Not written where it collides, unless forced.

        Args:
            recordings: name and int16 samples of each.

        Raises:
            KittError: too few recordings or unlike ones, or the file cannot be written.
        """
        recogniser, grammar = self._before.recogniser, self._before.grammar
        lexicon = grammar.lexicon(self.language)
        posteriors = [recogniser.whole(samples).posteriors for _, samples in recordings]
        taught = learn(posteriors, _spelt(self.phrase, lexicon))
        near = nearest(self.phrase, taught.pronunciations, grammar, self.language, lexicon)
        others = [neighbour for neighbour in near if neighbour.command != self.command]
        written = force or not (others and others[0].collides)
        report: dict[str, Any] = {
            "phrase": self.phrase, "command": self.command, "language": self.language, "file": str(self.file),
            "pronunciations": [" ".join(phones) for phones in taught.pronunciations],
            "nearest": [
                {"phrase": n.phrase, "command": n.command, "distance": round(n.distance, 3)} for n in others
            ],
            "written": written,
        }  # fmt: skip
        if written:
            try:
                own_words.remember(
                    self.file, self.command, self.language, self.phrase, taught.pronunciations, read(None)
                )
            except OSError as error:
                why = f"{self.file} cannot be written ({error.strerror})"
                raise KittError(why, "give another with --grammar") from error
        heard = self._again(recordings) if written else [("", None)] * len(recordings)
        report["recordings"] = [
            {"name": name, "heard": command, "confidence": confidence, "agreement": round(agreement, 3)}
            for (name, _), (command, confidence), agreement in zip(recordings, heard, taught.agreement, strict=True)
        ]
        return report

    def _again(self, recordings: Sequence[tuple[str, Array]]) -> list[tuple[str, float | None]]:
        """What the recogniser with the new phrase hears in each recording, and with what confidence."""
        ears = open_ears(self.model, grammar=self._given(), languages=self.language).recogniser
        found: list[tuple[str, float | None]] = []
        for number, (_, samples) in enumerate(recordings):
            ears.reset()
            within = to_int16(embed(samples.astype(np.float32) / 32768.0, number))
            heard = commands([*ears.push(within), *ears.flush()])
            best = next((event for event in heard if event.command == self.command), heard[0] if heard else None)
            found.append((best.command, round(float(best.confidence), 4)) if best else ("", None))
        return found

    def _given(self) -> str:
        return str(self.file) if self.file.is_file() else ""


def from_files(paths: Sequence[Path]) -> list[tuple[str, Array]]:
    """Recordings by name; a file that breaks off is a fault here. Raises KittError."""

    def broken(line: str) -> None:
        raise KittError(line)

    return [(str(path), sound.read_all(path, broken)) for path in paths]


def from_microphone(device: str, phrase: str, times: int, tell: Callable[[str], None]) -> list[tuple[str, Array]]:
    """Ask for the phrase a few times, each in three seconds. Raises KittError when there is no microphone."""
    found = []
    blocks = live(device, tell)
    try:
        for number in range(1, times + 1):
            tell(f"{number} of {times}: say «{phrase}» now")
            parts, count = [], 0
            while count < _LISTEN_S * SAMPLE_RATE:
                part = next(blocks, None)
                if part is None:
                    raise KittError(f"{device} has ended", "choose another microphone")
                parts.append(part)
                count += len(part)
            found.append((f"recording {number}", np.concatenate(parts)))
            tell("thank you")
    finally:
        close = getattr(blocks, "close", None)
        if close is not None:
            close()
    return found


def _spelt(phrase: str, lexicon: Any) -> list[Phones]:
    """How the lexicon would say it; nothing where it cannot."""
    try:
        return pronunciations(phrase, lexicon, 8)
    except KittError:
        return []
