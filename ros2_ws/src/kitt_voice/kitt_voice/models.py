"""The acoustic models that are shipped: a folder of models/ with a card and its networks."""

from __future__ import annotations

from pathlib import Path

from kitt_inference.download import sha256_of
from kitt_inference.errors import KittError
from kitt_inference.shipped import ShippedModel, checked, find_shipped

SHIPPED = "kitt_ears"
TASK = "speech"
INT8 = True
"""Whether the smaller network is taken where nobody asks for one: twice as fast and measured as good."""


def find(model: str = "auto", int8: bool = False) -> ShippedModel:
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
        return ShippedModel(path.stem, path, sha256_of(path), {})
    return find_shipped(SHIPPED if model == "auto" else model, TASK, "acoustic model", "_int8" if int8 else "")


def verifier_of(model: ShippedModel) -> Path | None:
    """The verifier's file that lies beside an acoustic model, checked against the card; None where there is none.

    Raises:
        KittError: the card tells of one, and it is missing or another file.
    """
    file = model.file.parent / f"{model.file.stem.removesuffix('_int8')}_verifier.onnx"
    wanted = str(model.card.get("sha256_verifier", ""))
    if not wanted and not file.is_file():
        return None
    checked(file, wanted)
    return file
