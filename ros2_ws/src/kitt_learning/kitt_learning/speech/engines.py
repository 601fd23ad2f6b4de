"""Speech synthesisers: one way to ask each for a clip.

Every engine is optional: `available` says which voices this machine has. The programs (espeak-ng with or without
MBROLA, flite, festival, RHVoice, SVOX Pico) run as separate processes; `neural` has those that are Python packages.
"""

from __future__ import annotations

import itertools
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from kitt_inference.errors import KittError
from kitt_learning.speech import neural
from kitt_learning.speech.programs import run
from kitt_learning.speech.voices import Manner, SynthesisError, Voice

Samples = npt.NDArray[np.float32]
_BREAK_MS = 1500
_MBROLA_DATA = Path("/usr/share/mbrola")
_PHONES_OF = {"mb-es4": "es1"}
"""Voices whose phones espeak-ng spells wrongly take another voice's."""
_SPELLING = {"": {"o/": "o", "e/": "e"}}
_SPELLING |= {name: _SPELLING[""] | {"w": "u", "j": "i"} for name in _PHONES_OF}


def available(wanted: list[Voice]) -> tuple[list[Voice], dict[str, str]]:
    """The voices that speak a word on this machine, and why the others (one of each engine's accents) do not."""
    works: dict[tuple[str, str], str] = {}
    for voice in wanted:
        key = (voice.engine, voice.name.partition("+")[0])
        if key not in works:
            try:
                speak(voice, "no", Manner())
                works[key] = ""
            except KittError as error:
                works[key] = str(error)
    found = [v for v in wanted if not works[v.engine, v.name.partition("+")[0]]]
    return found, {f"{engine} {name}": why for (engine, name), why in works.items() if why}


def speak(voice: Voice, text: str, manner: Manner) -> tuple[Samples, int]:
    """A text as (samples within -1 and 1, samples a second).

    Raises:
        SynthesisError: the engine is missing, failed, or gave no sound.
    """
    engines: dict[str, Callable[[Voice, str, Manner], tuple[Samples, int]]] = {
        "espeak": _espeak, "mbrola": _mbrola, "flite": _flite, "festival": _festival, "rhvoice": _rhvoice,
        "pico": _pico, "hibari": neural.speak_hibari, "piper": neural.speak_piper, "kokoro": neural.speak_kokoro,
    }  # fmt: skip
    if voice.engine not in engines:
        raise SynthesisError(voice, f"no such engine; there are {', '.join(engines)}")
    samples, rate = engines[voice.engine](voice, text, manner)
    if not samples.size or float(np.abs(samples).max()) < 0.005:
        raise SynthesisError(voice, f"silence for «{text}»")
    return samples, rate


def speak_many(voice: Voice, texts: list[str], manner: Manner) -> list[tuple[Samples, int] | None]:
    """`speak` for several texts, None where it failed; espeak-ng and MBROLA say them in one run: faster."""
    if voice.engine in ("espeak", "mbrola") and len(texts) > 1:
        try:
            samples, rate = speak(voice, f' <break time="{_BREAK_MS}ms"/> '.join(texts), manner)
            parts = _between_breaks(samples, rate)
            if len(parts) == len(texts):
                return [(part, rate) for part in parts]
        except SynthesisError:
            pass
    return [_speak_or_none(voice, text, manner) for text in texts]


def _speak_or_none(voice: Voice, text: str, manner: Manner) -> tuple[Samples, int] | None:
    try:
        return speak(voice, text, manner)
    except SynthesisError:
        return None


def _between_breaks(samples: Samples, rate: int) -> list[Samples]:
    """The parts of a recording between silences that no comma makes."""
    frame = rate // 100
    loud = np.flatnonzero(np.abs(samples[: len(samples) // frame * frame]).reshape(-1, frame).max(axis=1) > 0.003)
    cuts = [
        0,
        *(int(loud[i] + loud[i + 1]) // 2 * frame for i in np.flatnonzero(np.diff(loud) > _BREAK_MS / 15)),
        len(samples),
    ]
    return [samples[a:b] for a, b in itertools.pairwise(cuts)]


def _wav(voice: Voice, data: bytes) -> tuple[Samples, int]:
    at = data.find(b"data")
    if data[:4] != b"RIFF" or at < 0:
        raise SynthesisError(voice, "no WAV")
    # The length is not to be trusted: programs that write to a pipe do not know it yet.
    channels, rate, width = (int.from_bytes(data[i : i + n], "little") for i, n in ((22, 2), (24, 4), (34, 2)))
    if width != 16 or channels != 1:
        raise SynthesisError(voice, f"{channels} channels of {width} bits")
    raw = data[at + 8 :]
    return (np.frombuffer(raw[: len(raw) // 2 * 2], "<i2") / 32768).astype(np.float32), rate


def _espeak(voice: Voice, text: str, manner: Manner) -> tuple[Samples, int]:
    return _wav(
        voice, run(voice, ["espeak-ng", "-v", voice.name, *_espeak_manner(160, manner), "--stdout", "--", text])
    )


def _espeak_manner(words_a_minute: int, manner: Manner) -> list[str]:
    pitch = min(99, max(0, round(50 * manner.pitch)))
    return ["-m", "-s", str(round(words_a_minute * manner.rate)), "-p", str(pitch)]


def _mbrola(voice: Voice, text: str, manner: Manner) -> tuple[Samples, int]:
    # espeak-ng writes the phones and MBROLA is run on them, so that a diphone it lacks is an error, no gap.
    phones = f"mb-{_PHONES_OF.get(voice.name, voice.name[3:])}"
    command = ["espeak-ng", "-v", phones, *_espeak_manner(150, manner), "-q", "--pho", "--", text]
    lines = run(voice, command).decode(errors="replace").splitlines()
    spelling = _SPELLING.get(voice.name, _SPELLING[""])
    lines = [
        "\t".join([spelling.get(first, first), rest]) for first, _, rest in (line.partition("\t") for line in lines)
    ]
    base = _MBROLA_DATA / voice.name[3:6] / voice.name[3:6]
    return _wav(voice, run(voice, ["mbrola", str(base), "-", "-.wav"], "\n".join(lines) + "\n"))


def _flite(voice: Voice, text: str, manner: Manner) -> tuple[Samples, int]:
    mean = {"kal16": 105, "rms": 105, "slt": 170, "awb": 120}.get(voice.name, 120) * manner.pitch
    setting = ["--setf", f"duration_stretch={1 / manner.rate:.3f}", "--setf", f"int_f0_target_mean={mean:.0f}"]
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "clip.wav"
        run(voice, ["flite", "-voice", voice.name, *setting, "-t", text, "-o", str(out)])
        return _wav(voice, out.read_bytes())


def _rhvoice(voice: Voice, text: str, manner: Manner) -> tuple[Samples, int]:
    setting = ["-r", f"{100 * manner.rate:.0f}", "-t", f"{100 * manner.pitch:.0f}"]
    return _wav(voice, run(voice, ["RHVoice-test", "-p", voice.name, *setting, "-o", "/dev/stdout"], text))


class _Festival:
    """A running festival: starting it takes longer than speaking."""

    def __init__(self) -> None:
        # A reader that is told where each answer ends; stderr is joined so that errors end the wait as well.
        self._process = subprocess.Popen(
            ["festival", "--interactive"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )

    def run(self, script: str) -> str:
        """Run a line of Scheme; what it printed."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None and stdout is not None
        stdin.write(f'{script}\n(format t "kitt-end\\n")\n'.encode("latin-1", errors="replace"))
        stdin.flush()
        said = b""
        while b"kitt-end" not in said:
            line = stdout.readline()
            if not line:
                _running_festival.cache_clear()
                break
            said += line
        return said.decode("latin-1")


@lru_cache(maxsize=1)
def _running_festival() -> _Festival:
    return _Festival()


def _festival(voice: Voice, text: str, manner: Manner) -> tuple[Samples, int]:
    if shutil.which("festival") is None:
        raise SynthesisError(voice, "festival is not installed")
    quoted = text.replace("\\", "").replace('"', "")
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "clip.wav"
        said = _running_festival().run(
            f"(begin (voice_{voice.name}) (Parameter.set 'Duration_Stretch {1 / manner.rate:.3f}) "
            f'(utt.save.wave (utt.synth (Utterance Text "{quoted}")) "{out}" \'riff))'
        )
        if not out.is_file():
            raise SynthesisError(voice, said or "festival ended")
        return _wav(voice, out.read_bytes())


def _pico(voice: Voice, text: str, manner: Manner) -> tuple[Samples, int]:
    marked = f'<pitch level="{100 * manner.pitch:.0f}"><speed level="{100 * manner.rate:.0f}">{text}</speed></pitch>'
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "clip.wav"
        run(voice, ["pico2wave", "-l", voice.name, "-w", str(out), marked])
        return _wav(voice, out.read_bytes())
