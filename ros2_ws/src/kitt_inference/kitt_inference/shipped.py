"""Our own small networks, whose weights lie in the checkout: a folder of models/ with a card and its files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kitt_inference import zoo
from kitt_inference.card import front_matter
from kitt_inference.download import sha256_of
from kitt_inference.errors import KittError

REMEDY = "`git checkout models`"


@dataclass(frozen=True)
class ShippedModel:
    """A network's file, its sha256 and what its card says."""

    name: str
    file: Path
    sha256: str
    card: Mapping[str, Any]


def card_of(model: str, what: str) -> Path:
    """The card of a folder's name in models/, of a folder, or the card itself.

    Args:
        what: names the kind of model in errors, «an acoustic model» without its article.

    Raises:
        KittError: it is not there.
    """
    path = Path(model)
    if path.suffix != ".md" and len(path.parts) < 2:
        path = zoo.models_dir() / model
    card = path if path.suffix == ".md" else path / "card.md"
    if not card.is_file():
        raise KittError(f"there is no {what} {model}", f"its card would be {card}")
    return card


def find_shipped(model: str, task: str, what: str, suffix: str = "") -> ShippedModel:
    """A network that is checked against its card.

    Args:
        model: see `card_of`.
        task: what the card must give as its task.
        what: names the kind of model in errors.
        suffix: of a variant beside the card's file: «_int8» takes NAME_int8.onnx, whose hash is sha256_int8.

    Raises:
        KittError: it is not there, or its file is not the one that the card describes.
    """
    card_path = card_of(model, what)
    card = front_matter(card_path)
    if card.get("task") != task:
        article = "an" if what[0] in "aeiou" else "a"
        raise KittError(f"{card_path} is no card of {article} {what}", f"its task would be «{task}»")
    name = str(card.get("name", card_path.parent.name))
    file = card_path.parent / (f"{name}{suffix}.onnx" if suffix else str(card.get("file", f"{name}.onnx")))
    return ShippedModel(file.stem, file, checked(file, str(card.get(f"sha256{suffix}", ""))), card)


def checked(file: Path, wanted: str) -> str:
    """The sha256 of a file that belongs to the checkout.

    Args:
        wanted: the hash that it must have; empty where the card gives none.

    Raises:
        KittError: it is missing, or another file.
    """
    if not file.is_file():
        raise KittError(f"{file} is missing", f"it belongs to the checkout: {REMEDY}")
    sha256 = sha256_of(file)
    if wanted and sha256 != wanted:
        raise KittError(f"{file} is damaged: sha256 is {sha256[:12]}…, not {wanted[:12]}…", REMEDY)
    return sha256
