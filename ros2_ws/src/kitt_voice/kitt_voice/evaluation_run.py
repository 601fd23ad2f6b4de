"""Runs a recogniser over labelled clips and long recordings, which go in as from a microphone: 20 ms at a time."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from kitt_inference.errors import KittError
from kitt_voice import evaluation_audio as audio
from kitt_voice.evaluation import Clip, FalseAccept, Outcome, meaning_of
from kitt_voice.features import SAMPLE_RATE

Array = np.ndarray[Any, Any]
CHUNK = SAMPLE_RATE // 50
Progress = Callable[[str, int, int], None]
"""Called with what is at work, how much is done and how much there is."""


class Command(Protocol):
    """What a recogniser reports of a command (kitt_voice.recogniser.Heard)."""

    @property
    def command(self) -> str: ...
    @property
    def slots(self) -> tuple[Any, ...]: ...
    @property
    def text(self) -> str: ...
    @property
    def language(self) -> str: ...
    @property
    def confidence(self) -> float: ...
    @property
    def end_s(self) -> float: ...


class Ears(Protocol):
    """A recogniser as evaluation needs it: only commands come out."""

    def reset(self) -> None: ...
    def push(self, samples: Array) -> Sequence[Command]: ...
    def flush(self) -> Sequence[Command]: ...


Classify = Callable[[Array, Sequence[str], str], str]
"""int16 samples of one clip, the words it may be, the language -> the word."""
ReadClip = Callable[[Clip], Array]
"""Float samples of a clip at 16 kHz; raises KittError."""
ReadBlocks = Callable[[Path], Iterable[Array]]
"""int16 blocks of a file at 16 kHz; raises KittError."""


@dataclass
class Clips:
    """What came of clips: outcomes of those with a command, false accepts and seconds [s] of those without."""

    outcomes: list[Outcome] = field(default_factory=list)
    false_accepts: list[FalseAccept] = field(default_factory=list)
    silent_s: float = 0.0
    silent_clips: int = 0
    problems: list[KittError] = field(default_factory=list)


@dataclass(frozen=True)
class Noise:
    """Noise to mix in: from recordings (float arrays), or pink where there is none; `snr_db` None is clean."""

    snr_db: float | None = None
    recordings: tuple[Array, ...] = ()
    seed: int = 0

    def onto(self, clip: Array, embedded: Array, number: int) -> Array:
        """`embedded` with noise at the ratio to the words of `clip`."""
        if self.snr_db is None:
            return embedded
        seed = self.seed * 1_000_003 + number
        count = len(embedded)
        if self.recordings:
            noise = audio.cut(self.recordings[number % len(self.recordings)], count, seed)
        else:
            noise = audio.pink(count, seed)
        return audio.mix(embedded, noise, self.snr_db, audio.active_rms(clip))


def clip_number(clip: Clip, seed: int) -> int:
    """A number that depends on the clip and the seed only: the same noise whatever else is in the manifest."""
    return zlib.crc32(f"{clip.path.name} {clip.start_s} {seed}".encode())


def stream(
    clips: Sequence[Clip], ears: Ears, read: ReadClip, noise: Noise, tell: Progress, what: str = "clips"
) -> Clips:
    """Each clip, embedded in background, through the recogniser as it stands in the car."""
    result = Clips()
    for number, clip in enumerate(clips, 1):
        tell(what, number, len(clips))
        try:
            samples = read(clip)
        except KittError as error:
            result.problems.append(error)
            continue
        name = clip_number(clip, noise.seed)
        ready = noise.onto(samples, audio.embed(samples, name), name)
        events = list(_listen(ears, audio.to_int16(ready)))
        if not clip.meaning:
            result.silent_clips += 1
            result.silent_s += len(samples) / SAMPLE_RATE
            result.false_accepts += [_false(event, str(clip.path), event.end_s, clip.words) for _, event in events]
            continue
        heard = [(at_s, meaning_of(event.command, event.slots)) for at_s, event in events]
        end_s = audio.BEFORE_S + audio.word_end(samples)
        right = next((at_s - end_s for at_s, meaning in heard if meaning == clip.meaning), None)
        result.outcomes.append(Outcome(clip, tuple(meaning for _, meaning in heard), right))
    return result


def offline(clips: Sequence[Clip], classify: Classify, read: ReadClip, tell: Progress, what: str = "offline") -> Clips:
    """Each clip as one of the words of its language in the manifest that the grammar knows."""
    result = Clips()
    words = vocabulary(clips)
    known = [clip for clip in clips if clip.meaning]
    for number, clip in enumerate(known, 1):
        tell(what, number, len(known))
        try:
            word = classify(audio.to_int16(read(clip)), tuple(words[clip.language]), clip.language)
        except KittError as error:
            result.problems.append(error)
            continue
        meaning = words[clip.language].get(word, "")
        result.outcomes.append(Outcome(clip, (meaning,) if meaning else ()))
    return result


def vocabulary(clips: Iterable[Clip]) -> dict[str, dict[str, str]]:
    """Language to words to meaning: the labels that the grammar knows."""
    words: dict[str, dict[str, str]] = {}
    for clip in clips:
        if clip.meaning:
            words.setdefault(clip.language, {})[clip.words] = clip.meaning
    return words


def long_recording(path: Path, ears: Ears, blocks: Iterable[Array], tell: Progress) -> tuple[list[FalseAccept], float]:
    """Everything that is taken for a command in a recording without commands, and its length [s]."""
    found: list[FalseAccept] = []
    count = 0
    ears.reset()

    def counted() -> Iterator[Array]:
        nonlocal count
        for block in blocks:
            yield block
            count += len(block)
            tell(f"{path.name}, minutes", count // SAMPLE_RATE // 60, 0)

    for block in counted():
        found += [_false(event, str(path), event.end_s) for event in ears.push(block)]
    found += [_false(event, str(path), event.end_s) for event in ears.flush()]
    return found, count / SAMPLE_RATE


def _listen(ears: Ears, samples: Array) -> Iterator[tuple[float, Command]]:
    """Commands and when they came out [s of audio given]."""
    ears.reset()
    for at in range(0, len(samples), CHUNK):
        for event in ears.push(samples[at : at + CHUNK]):
            yield min(at + CHUNK, len(samples)) / SAMPLE_RATE, event
    for event in ears.flush():
        yield len(samples) / SAMPLE_RATE, event


def _false(event: Command, file: str, at_s: float, label: str = "") -> FalseAccept:
    return FalseAccept(file, at_s, event.command, event.text, event.language, event.confidence, label)
