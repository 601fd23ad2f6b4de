"""Recordings of people as shards: ``python -m kitt_learning.speech.human --manifest CSV --out DIR [--root DIR]``.

Two sources: manifests of recordings (columns path, label, speaker, language, source, licence, and split where it is
not the speaker's name that decides; such as `kitt_learning.speech.game_speech` writes), and recordings in Debian
packages, below `--root` (folders into which packages were unpacked).
Speakers are held out: none is both in a train and in a test folder.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import hashlib
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr

from kitt_inference.errors import KittError
from kitt_learning.program import program
from kitt_learning.speech import shards, texts
from kitt_learning.speech.spelling import number_words

TEST_PERCENT = 20
DEV_PERCENT = 5
NEGATIVE, NOISE = "_negative_speech_", "_noise_"
SHARD_CLIPS = 4000
LONGEST_COMMAND = 5
"""Words; what is longer is a sentence."""
LONGEST_S = 60.0
"""Longer recordings are cut into pieces of this length."""

_FRENCH = {
    "arrete": "arrête", "decollage": "décollage", "etat": "état", "zero": "zéro",
}  # fmt: skip


@dataclass(frozen=True)
class Recording:
    """A file of one person: `text` "" for speech whose words are unknown; `split` train, dev or test."""

    path: Path
    text: str
    language: str
    speaker: str
    split: str
    kind: str
    source: str
    licence: str

    @property
    def folder(self) -> str:
        """The corpus folder it belongs to."""
        if self.kind == "noise":
            return "noise" if self.split == "train" else "noise_test"
        return f"{'human' if self.text else 'negatives'}_{self.split}"


def split_of(speaker: str, licence: str) -> str:
    """Train, dev or test: by a hash of the speaker; recordings without a free licence are for evaluation only."""
    if "none stated" in licence or "GPL" in licence:
        return "test"
    number = int(hashlib.sha1(speaker.encode()).hexdigest(), 16) % 100
    return "test" if number < TEST_PERCENT else "dev" if number < TEST_PERCENT + DEV_PERCENT else "train"


def from_manifest(path: Path) -> Iterator[Recording]:
    """The recordings of a manifest; paths are relative to it.

    Raises:
        KittError: it cannot be read or lacks a column.
    """
    try:
        with path.open(newline="", encoding="utf-8") as text:
            for row in csv.DictReader(text):
                label, licence, speaker = row["label"], row["licence"], row["speaker"]
                kind = {NEGATIVE: "sentence", NOISE: "noise"}.get(label, "word")
                words = "" if kind != "word" else label.replace("-", " ")
                if row["language"] == "fr":
                    words = " ".join(_FRENCH.get(word, word) for word in words.split())
                kind = "sentence" if len(words.split()) > LONGEST_COMMAND else kind
                split = row.get("split") or split_of(speaker, licence)
                sound = path.parent / row["path"]
                yield Recording(sound, words, row["language"], speaker, split, kind, row["source"], licence)
    except (OSError, UnicodeDecodeError, KeyError) as error:
        raise KittError(f"cannot read the manifest {path.name}: {error!r}", "give a CSV with its columns") from error


def from_packages(root: Path) -> Iterator[Recording]:
    """Recordings of the Debian packages that are found below `root`."""
    share = root / "usr/share"
    for folder, language, speaker, licence, split in (
        ("en_US_f_Allison", "en", "allison", "CC-BY-SA-3.0", "train"),
        ("fr_CA_f_June", "fr", "june", "CC-BY-SA-3.0", "train"),
        ("es_MX_f_Allison", "es", "allison", "CC-BY-SA-3.0", "train"),
        ("fr", "fr", "armelle", "BSD-like (Michel Gutierrez)", "test"),
        ("es", "es", "july", "GPL-2", "test"),
    ):
        sounds = share / "asterisk/sounds" / folder
        known = _transcripts(share / f"doc/asterisk-core-sounds-{language}/core-sounds-{language}.txt.gz")
        known = known if split == "train" else {}
        for path in [*sounds.rglob("*.wav"), *sounds.rglob("*.gsm")]:
            name = path.relative_to(sounds).with_suffix("").as_posix()
            if path.parent.name in ("silence", "letters"):
                continue
            number = path.parent.name == "digits" and path.stem.isdigit() and int(path.stem) < 1000
            text = number_words(int(path.stem), language) if number else known.get(name, "")
            kind = "number" if number else "sentence"
            yield Recording(path, text, language, speaker, split, kind, f"debian:asterisk {folder}", licence)
    for path in (share / "games/trigger-rally/sounds/codriver").rglob("*.wav"):
        text = "".join(f" {c.lower()}" if c.isupper() else c for c in path.stem).strip()
        if "dont" not in text:
            speaker = f"codriver-{path.parent.name}"
            yield Recording(path, text, "en", speaker, "test", "word", "debian:trigger-rally-data", "GPL-2+")
    for language in texts.LANGUAGES:
        yield from _stamps(share / "tuxpaint/stamps", language)
    for folder, language in (("cs", "cs"), ("nl", "nl")):
        for path in (share / "games/fillets-ng/sound").glob(f"*/{folder}/*.ogg"):
            source = f"debian:fillets-ng-data-{language}"
            yield Recording(path, "", language, f"fillets-{language}", "test", "sentence", source, "GPL-2+")


def from_folder(folder: Path, language: str) -> Iterator[Recording]:
    """All sound files of a folder as speech to test against: unknown words and speakers, for evaluation only."""
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in (".wav", ".ogg", ".flac", ".mp3"):
            yield Recording(path, "", language, folder.name, "test", "sentence", folder.name, "see its package")


def _transcripts(path: Path) -> dict[str, str]:
    """The words of telephone prompts by their names, where the package that lists them is unpacked."""
    if not path.is_file():
        return {}
    lines = (line.partition(":") for line in gzip.decompress(path.read_bytes()).decode("utf-8").splitlines())
    spoken = {name.strip(): said for name, colon, said in lines if colon and not name.startswith(";")}
    # Digits, signs, and remarks in brackets say nothing of how they are read.
    return {name: texts.plain(said) for name, said in spoken.items() if not re.search(r"[0-9\[\](){}<>#*&/]", said)}


def _stamps(folder: Path, language: str) -> Iterator[Recording]:
    suffix = "_desc" if language == "en" else f"_desc_{language}"
    for path in folder.rglob(f"*{suffix}.ogg"):
        table = path.with_name(path.name.replace(f"{suffix}.ogg", ".txt"))
        if not table.is_file():
            continue
        lines = table.read_text("utf-8", errors="replace").splitlines()
        key = f"{language}.utf8="
        said = lines[0] if language == "en" else next((x[len(key) :] for x in lines if x.startswith(key)), "")
        text = texts.plain(said) if said and not any(c.isdigit() for c in said) else ""
        kind = "word" if len(text.split()) == 1 else "sentence"  # several words are a description, drawn less often
        # Almost the only French and Spanish people there are to learn from; what they say is no command.
        speaker, source = f"tuxpaint-{language}", "debian:tuxpaint-stamps-default"
        yield Recording(path, text, language, speaker, "train", kind, source, "GPL-2")


def read(path: Path) -> shards.Clip:
    """A sound file as 16 kHz mono int16.

    Raises:
        KittError: it cannot be read.
    """
    try:
        if path.suffix == ".gsm":
            if shutil.which("sox") is None:
                raise KittError(f"{path.name} needs sox", "install sox and libsox-fmt-all")
            command = [
                "sox",
                str(path),
                "-r",
                str(shards.SAMPLE_RATE),
                "-c",
                "1",
                "-b",
                "16",
                "-e",
                "signed",
                "-t",
                "raw",
                "-",
            ]
            done = subprocess.run(command, capture_output=True, check=True, timeout=30)
            return np.frombuffer(done.stdout, "<i2")
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (OSError, RuntimeError, subprocess.SubprocessError) as error:
        raise KittError(f"cannot read {path.name}: {error}", "remove it from the corpus") from error
    return shards.to_int16(soxr.resample(samples.mean(axis=1), rate, shards.SAMPLE_RATE))


def collect(
    recordings: Iterable[Recording], out: Path, name: str, say: Callable[[str], None] = print
) -> dict[str, int]:
    """Write recordings into shards `name`_NNN of their folders below `out`; returns what was left out, counted."""
    open_shards: dict[str, shards.Shard] = {}
    numbers: dict[str, int] = {}
    dropped: dict[str, int] = {}

    def close(folder: str) -> None:
        open_shards.pop(folder).write(out / folder, f"{name}_{numbers.get(folder, 0):03d}")
        numbers[folder] = numbers.get(folder, 0) + 1

    for recording in recordings:
        try:
            clip = read(recording.path)
        except KittError as error:
            say(str(error))
            dropped[recording.source] = dropped.get(recording.source, 0) + 1
            continue
        # A prompt of one word whose text is unknown may be a command: no negative.
        if len(clip) < 0.1 * shards.SAMPLE_RATE or (not recording.text and len(clip) < 1.5 * shards.SAMPLE_RATE):
            dropped[f"{recording.source}: short"] = dropped.get(f"{recording.source}: short", 0) + 1
            continue
        shard = open_shards.setdefault(recording.folder, shards.Shard())
        longest = int(LONGEST_S * shards.SAMPLE_RATE)
        for start in range(0, len(clip), longest):
            shard.add(
                clip[start : start + longest], text=recording.text, language=recording.language, engine="human",
                voice=recording.speaker, kind=recording.kind, source=recording.source, licence=recording.licence,
            )  # fmt: skip
        if len(shard.rows) >= SHARD_CLIPS:
            close(recording.folder)
    for folder in list(open_shards):
        close(folder)
    return dropped


@program
def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; exit status 0, or 1 for a failure with a remedy."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder for human_train, human_dev, human_test, ...")
    parser.add_argument("--manifest", type=Path, action="append", default=[], help="(repeatable)")
    parser.add_argument(
        "--root", type=Path, action="append", default=[], help="where packages are unpacked (repeatable)"
    )
    parser.add_argument("--negatives", nargs=2, action="append", default=[], metavar=("LANGUAGE", "DIR"))
    chosen = parser.parse_args(arguments)
    dropped: dict[str, int] = {}
    listed = [recording for manifest in chosen.manifest for recording in from_manifest(manifest)]
    dropped |= collect(listed, chosen.out, "manifest")
    packaged = [recording for root in chosen.root for recording in from_packages(root)]
    dropped |= collect(packaged, chosen.out, "packages")
    for language, folder in chosen.negatives:
        dropped |= collect(from_folder(Path(folder), language), chosen.out, f"folder_{Path(folder).name}")
    for folder in sorted(path for path in chosen.out.iterdir() if path.is_dir() and list(path.glob("*.csv"))):
        print(f"{folder.name}:")
        print("\n".join(f"  {line}" for line in shards.table(shards.summarise(folder))))
    print(f"left out: {dropped}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
