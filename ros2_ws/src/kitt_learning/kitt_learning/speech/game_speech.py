"""Spoken dialogue of free games: hours of many actors, with what they say.

``python -m kitt_learning.speech.game_speech GAME SOURCE OUT [--language es]`` writes each line of a game as a sound
file and a `manifest.csv` for `kitt_learning.speech.human`. SOURCE is what Debian's package holds: of `queen` (package
`flight-of-the-amazon-queen`) the file queen.1c, of `drascula` (`drascula`, `drascula-spanish`) the folder of a
language, with drascula.dat of `scummvm-data` beside it, of `sky` (`beneath-a-steel-sky`) the folder. The licences let
anyone pass the games on; nothing of them is kept here. Formats: `kitt_learning.speech.game_files`.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import soundfile

from kitt_inference.errors import KittError
from kitt_learning.program import program
from kitt_learning.speech import game_files, texts
from kitt_learning.speech.human import NEGATIVE

RATE = 11_025
"""Of the games with plain sound, in Hz."""
COLUMNS = ("path", "label", "speaker", "language", "source", "licence", "split")
GAMES: dict[str, tuple[Callable[[Path, str], Iterator[game_files.Line]], str, str, str]] = {
    "queen": (game_files.queen, "train", "debian:flight-of-the-amazon-queen", "Flight of the Amazon Queen's"),
    "drascula": (game_files.drascula, "train", "debian:drascula", "Drascula's"),
    "sky": (game_files.sky, "test", "debian:beneath-a-steel-sky", "Beneath a Steel Sky's"),
}
"""How each is read, what it is for (nobody learnt from is tested on), where it is from, its licence."""


def write(game: str, source: Path, out: Path, language: str = "en") -> int:
    """Write the lines and the manifest; returns how many lines there are.

    Raises:
        KittError: the source is not the game's, or `out` cannot be written.
    """
    read, split, package, licence = GAMES[game]
    try:
        out.mkdir(parents=True, exist_ok=True)
        rows = []
        for line in read(source, language):
            label = NEGATIVE
            if split == "train":
                label = "" if any(c.isdigit() for c in line.text) else texts.plain(line.text)
                if not label:
                    continue
            if isinstance(line.sound, bytes):
                name = f"{line.name}.mp3"
                (out / name).write_bytes(line.sound)
            else:
                name = f"{line.name}.wav"
                soundfile.write(out / name, line.sound, RATE)
            rows.append((name, label, f"{game}-{language}-{line.who}", language, package, licence, split))
        with (out / "manifest.csv").open("w", newline="", encoding="utf-8") as table:
            csv.writer(table).writerows([COLUMNS, *rows])
    except OSError as error:
        raise KittError(f"cannot write {out}: {error.strerror}", "choose another folder") from error
    return len(rows)


@program
def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; exit status 0, or 1 for a failure with a remedy."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("game", choices=tuple(GAMES))
    parser.add_argument("source", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--language", choices=("en", "es"), default="en", help="that is spoken (default en)")
    chosen = parser.parse_args(arguments)
    print(f"{write(chosen.game, chosen.source, chosen.out, chosen.language)} lines in {chosen.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
