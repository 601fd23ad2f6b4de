"""The acoustic models that are shipped: a folder of models/ with a card and its networks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kitt_inference import zoo
from kitt_inference.card import front_matter
from kitt_inference.download import sha256_of
from kitt_inference.errors import KittError

SHIPPED = "kitt_ears"
TASK = "speech"


@dataclass(frozen=True)
class EarsModel:
    """An acoustic model's file, its sha256 and what its card says."""

    name: str
    file: Path
    sha256: str
    card: Mapping[str, Any]


def find(model: str = "auto", int8: bool = False) -> EarsModel:
    """The file of an acoustic model, checked against its card.

    Args:
        model: auto, a folder's name in models/, or a path to an ONNX file, a card or a folder with a card.
        int8: the smaller network beside the first, NAME_int8.onnx.

    Raises:
        KittError: it is not there, or its file is not the one that the card describes.
    """
    path = Path(model)
    if path.suffix == ".onnx":
        path = path.with_stem(f"{path.stem}_int8") if int8 else path
        if not path.is_file():
            remedy = "int8 false takes the larger network" if int8 else ""
            raise KittError(f"there is no acoustic model at {path}", remedy)
        return EarsModel(path.stem, path, sha256_of(path), {})
    if path.suffix != ".md" and len(path.parts) < 2:
        path = zoo.models_dir() / (SHIPPED if model == "auto" else model)
    card_path = path if path.suffix == ".md" else path / "card.md"
    if not card_path.is_file():
        raise KittError(f"there is no acoustic model {model}", f"its card would be {card_path}")
    card = front_matter(card_path)
    if card.get("task") != TASK:
        raise KittError(f"{card_path} is no card of an acoustic model", f"its task would be «{TASK}»")
    suffix = "_int8" if int8 else ""
    file = card_path.parent / f"{card.get('name', card_path.parent.name)}{suffix}.onnx"
    if not file.is_file():
        raise KittError(f"{file} is missing", "it belongs to the checkout: `git checkout models`")
    sha256, wanted = sha256_of(file), str(card.get(f"sha256{suffix}", ""))
    if wanted and sha256 != wanted:
        raise KittError(f"{file} is damaged: sha256 is {sha256[:12]}…, not {wanted[:12]}…", "`git checkout models`")
    return EarsModel(file.stem, file, sha256, card)
