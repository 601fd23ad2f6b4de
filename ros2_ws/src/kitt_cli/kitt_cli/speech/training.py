"""`kitt train speech` at work: sorts the corpus, runs kitt_learning, writes the robot's files."""

from __future__ import annotations

import dataclasses
import importlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kitt_inference.errors import KittError
from kitt_voice.evaluation import split_of

_NOISES = "_background_noise_"


@dataclass(frozen=True)
class Folders:
    """Folders of shards by what they are for."""

    learnt: tuple[Path, ...] = ()
    noise: tuple[Path, ...] = ()
    dev: tuple[Path, ...] = ()

    @classmethod
    def sort(cls, corpora: Iterable[Path]) -> Folders:
        """Every folder with shards (NAME.csv beside NAME.npy) in the corpora, by its name; those for tests left out.

        Raises:
            KittError: a corpus is no folder or holds no shards.
        """
        learnt: list[Path] = []
        noise: list[Path] = []
        dev: list[Path] = []
        for corpus in corpora:
            found = sorted({table.parent for table in corpus.rglob("*.csv") if table.with_suffix(".npy").is_file()})
            if not found:
                raise KittError(
                    f"{corpus} holds no corpus", "make one: python -m kitt_learning.speech.synthesise --out FOLDER"
                )
            for folder in found:
                name = folder.name
                if not name.endswith("_test"):
                    (noise if "noise" in name else dev if name.endswith("_dev") else learnt).append(folder)
        return cls(tuple(learnt), tuple(noise), tuple(dev))

    def with_speech_commands(self, folder: Path, out: Path, say: Callable[[str], None]) -> Folders:
        """These and a folder of recordings by word, which is turned into shards below `out` first."""
        recordings = list(speech_commands(folder))
        human = importlib.import_module("kitt_learning.speech.human")
        made = [human.Recording(**values) for values in recordings]
        human.collect(made, out, "speech_commands", say)
        more = Folders.sort([out])
        return Folders(self.learnt + more.learnt, self.noise + more.noise, self.dev + more.dev)


def speech_commands(folder: Path) -> Iterator[dict[str, Any]]:
    """Recordings laid out as in Speech Commands (Warden 2018): WORD/SPEAKER_nohash_N.wav, noises beside.

    Raises:
        KittError: there is no such folder, or no recording in it.
    """
    files = sorted(path for kind in ("*.wav", "*.flac") for path in folder.glob(f"*/{kind}"))
    if not files:
        raise KittError(f"{folder} is not laid out like Speech Commands", "give the folder that holds WORD/*.wav")
    for path in files:
        word, speaker = path.parent.name, path.stem.split("_nohash_")[0]
        noise = word == _NOISES
        yield {
            "path": path, "text": "" if noise else word.replace("_", " "), "language": "en", "speaker": speaker,
            "split": "train" if noise else split_of(speaker), "kind": "noise" if noise else "word",
            "source": folder.name, "licence": "",
        }  # fmt: skip


def train(
    folders: Folders, out: Path, settings: dict[str, Any], resume: bool, report: Callable[[dict[str, Any]], None]
) -> None:
    """Train and export.

    Raises:
        KittError: torch is missing, a folder is not as it should be, or there is no checkpoint to go on from.
    """
    try:
        training = importlib.import_module("kitt_learning.speech.train")
        export = importlib.import_module("kitt_learning.speech.export")
    except ImportError as error:
        raise KittError(
            f"training needs torch ({error})", "`./kitt train speech` installs it; see docs/listen.md"
        ) from error
    plan = training.TrainSettings(corpus=folders.learnt, noise=folders.noise, dev=folders.dev, out=out, **settings)
    trainer = training.Trainer(plan, resume)
    report({"settings": {key: str(value) for key, value in dataclasses.asdict(plan).items()}})
    with (out / "log.jsonl").open("a", encoding="utf-8") as log:

        def both(line: dict[str, Any]) -> None:
            report(line)
            log.write(json.dumps(line) + "\n")
            log.flush()

        trainer.run(both)
    written = export.ship(export.load(trainer.checkpoint), out)
    report({"written": [str(path) for path in written]})
