"""One network in other precisions, as TensorRT and ONNX Runtime want them: the precision lies in the ONNX file.

FP16: float16 within, float32 in and out (Micikevicius et al., arXiv:1710.03740). INT8: QDQ, static, per channel (Jacob
et al., arXiv:1712.05877), calibrated on real frames, by `kitt_inference.quantise`.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kitt_inference.card import ModelCard, front_matter
from kitt_inference.download import cache_root, sha256_of
from kitt_inference.errors import KittError
from kitt_inference.pictures import read_picture

Array = np.ndarray[Any, Any]
# TensorRT's parser reads per-channel scales from this opset on.
_OPSET = 13
_LEAST_FRAMES, _FRAMES_AT_MOST = 16, 128
# Greatest relative change of an output (root mean square) by all that is quantised for TensorRT.
_MOST_CHANGE = 0.08


@dataclass(frozen=True)
class Export:
    """A file made from a model: its precision, the sha256 of the float32 file, and what it was calibrated on."""

    file: Path
    precision: str
    reference_sha256: str
    calibration: str = ""


def export_file(name: str, precision: str, folder: Path | None = None) -> Path:
    """Where an export is, or would be."""
    return (folder or cache_root() / "exports" / name) / f"{name}_{precision}.onnx"


def find_export(name: str, reference: Path, precision: str, folder: Path | None = None) -> Export | None:
    """The export of exactly this float32 file, None when there is none."""
    file = export_file(name, precision, folder)
    try:
        note = json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))
        export = Export(file, str(note["precision"]), str(note["reference_sha256"]), str(note["calibration"]))
        good = note["sha256"] == sha256_of(file) and export.reference_sha256 == sha256_of(reference)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return export if good else None


def export_fp16(card_name: str, reference: Path, folder: Path | None = None) -> Export:
    """Write the model in float16 with float32 inputs and outputs. Raises KittError when it cannot be converted."""
    model = _load(reference)
    from onnxruntime.transformers.float16 import convert_float_to_float16

    try:
        converted = convert_float_to_float16(model, keep_io_types=True)
    except Exception as error:  # it raises whatever onnx raises
        raise KittError(f"{reference} cannot be converted to float16 ({str(error)[:200]})") from error
    return _save(converted.SerializeToString(), card_name, reference, "fp16", folder, "")


def export_int8(
    card: ModelCard,
    reference: Path,
    frames: Sequence[Path],
    *,
    engine: str = "tensorrt",
    folder: Path | None = None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Export:
    """Write the model in int8, calibrated on frames by the least and greatest values seen.

    As many convolutions are quantised as, for TensorRT, change no output by more than 8 % (root mean square), or, for
    the CPU, let the detector find again on these frames what it found, as far as the card's tolerance asks.

    Args:
        frames: photographs like those the camera will give, at least 16 (at most 128 are used, evenly), none of which
            the result is measured on.
        engine: "tensorrt" or "onnxruntime", see `kitt_inference.quantise`.

    Raises:
        KittError: too few frames, frames in which there is nothing, or a model that cannot be quantised.
    """
    if len(frames) < _LEAST_FRAMES:
        raise KittError(
            f"{len(frames)} frames are too few to calibrate on", f"give at least {_LEAST_FRAMES} photographs"
        )
    from kitt_inference.graph import fuse_hard_swish
    from kitt_inference.quantise import change_from, quantise

    chosen = frames[:: -(-len(frames) // _FRAMES_AT_MOST)]
    model = _load(reference)
    fuse_hard_swish(model)
    model, entry = _at_opset(model), model.graph.input[0].name
    for number, node in enumerate(model.graph.node):
        node.name = node.name or f"kitt/{node.op_type}/{number}"
    feeds = [{entry: tensor} for tensor in _tensors(card, chosen, progress, _entry_type(model))]
    change, finds_again = change_from(model, feeds), _FindsAgain(card, reference, chosen)
    is_good = (lambda data: change(data) <= _MOST_CHANGE) if engine == "tensorrt" else finds_again
    try:
        data, floats, convolutions = quantise(model, feeds, is_good, for_tensorrt=engine == "tensorrt")
    except KittError:
        raise
    except Exception as error:  # onnx, numpy and ONNX Runtime raise whatever they like
        raise KittError(f"{reference} cannot be quantised ({str(error)[:200]})") from error
    if not data:
        raise KittError(
            f"no convolution of {card.name} bears int8 on these frames",
            "calibrate on photographs like the camera's, with things in them that the detector knows",
        )
    precision = "int8" if engine == "tensorrt" else "int8_cpu"
    kind = "least and greatest" if engine == "tensorrt" else "average least and greatest"
    note = f"{len(chosen)} frames, {kind}; {floats} of {convolutions} convolutions in float"
    return _save(data, card.name, reference, precision, folder, note)


def export_pixels(card: ModelCard, reference: Path, folder: Path | None = None) -> Export:
    """Write the model with uint8 pixels as its input (see `graph.with_pixels`), and the card that it then needs.

    Raises KittError when its input is another.
    """
    from kitt_inference.graph import with_pixels

    model = _load(reference)
    if card.input.layout != "nchw" or _entry_type(model) != np.float32:
        raise KittError(
            f"the input of {card.name} is not made of float32 planes", "take a model whose input.layout is nchw"
        )
    with_pixels(model, card.input)
    export = _save(model.SerializeToString(), f"{card.name}_pixels", reference, "fp32", folder, "")
    plain = {"layout": "nhwc", "colour": "bgr", "scale": 1.0, "mean": [0.0] * 3, "std": [1.0] * 3}
    write_card(card, export, plain)
    return export


def _entry_type(model: Any) -> Any:
    import onnx

    return onnx.helper.tensor_dtype_to_np_dtype(model.graph.input[0].type.tensor_type.elem_type)


def write_card(card: ModelCard, export: Export, entry: Mapping[str, Any] | None = None) -> Path:
    """Put a card beside an export, with which it can be used by its path like any model; the card's file.

    entry: what differs in the card's input.
    """
    import yaml

    left_out = ("sources", "measured", "size", "rank")
    values = {name: value for name, value in front_matter(card.path).items() if name not in left_out}
    values |= {"name": export.file.stem, "file": export.file.name, "sha256": sha256_of(export.file)}
    values["labels"] = list(card.labels)
    values["input"] = {**values["input"], **(entry or {})}
    file = export.file.with_suffix(".md")
    body = f"# {card.name} in {export.precision}\n\nMade by `kitt export detector`"
    body += f", calibrated on {export.calibration}.\n" if export.calibration else ".\n"
    try:
        file.write_text(f"---\n{yaml.safe_dump(values, sort_keys=False)}---\n{body}", encoding="utf-8")
    except OSError as error:
        raise KittError(f"{file} cannot be written ({error.strerror})", "give --out another folder") from error
    return file


class _FindsAgain:
    """Whether a candidate finds on frames what the float32 file finds."""

    def __init__(self, card: ModelCard, reference: Path, frames: Sequence[Path]) -> None:
        self._card, self._reference, self._frames = card, reference, frames

    def __call__(self, data: bytes) -> bool:
        from kitt_inference import parity
        from kitt_inference.detection import ObjectDetector
        from kitt_inference.session import open_session

        with tempfile.TemporaryDirectory() as work:
            file = Path(work) / "candidate.onnx"
            file.write_bytes(data)
            both = [ObjectDetector(self._card, open_session(f, "onnxruntime", 1)) for f in (self._reference, file)]
        found = parity.compare(both[0], both[1], map(read_picture, self._frames))
        return found.detections >= parity.LEAST_DETECTIONS and found.recall >= self._card.tolerance.recall


def _tensors(
    card: ModelCard, frames: Sequence[Path], progress: Callable[[int, int], None], dtype: Any
) -> Iterable[Array]:
    from kitt_inference.detection.preprocess import preprocess

    for number, frame in enumerate(frames, 1):
        yield preprocess(read_picture(frame), card.input, dtype)[0]
        progress(number, len(frames))


def _load(path: Path) -> Any:
    try:
        import onnx
        from google.protobuf.message import DecodeError
    except ImportError as error:
        raise KittError("other precisions need the package onnx, which is missing", "pip install onnx") from error
    try:
        model = onnx.load(str(path))
        onnx.checker.check_model(model)
    except (OSError, DecodeError, onnx.checker.ValidationError) as error:
        reason = str(error).splitlines()[0] if str(error) else "not in ONNX's format"
        raise KittError(f"{path} is no ONNX model ({reason})", "`kitt models verify` checks the files") from error
    return model


def _at_opset(model: Any) -> Any:
    import onnx

    version = next((entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")), _OPSET)
    return model if version >= _OPSET else onnx.version_converter.convert_version(model, _OPSET)


def _save(data: bytes, name: str, reference: Path, precision: str, folder: Path | None, calibration: str) -> Export:
    from kitt_inference.engines.cache import replaced

    file = export_file(name, precision, folder)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with replaced(file) as draft:
            draft.write_bytes(data)
        export = Export(file, precision, sha256_of(reference), calibration)
        note = {
            "precision": precision,
            "sha256": sha256_of(file),
            "reference_sha256": export.reference_sha256,
            "calibration": calibration,
        }
        with replaced(file.with_suffix(".json")) as draft:
            draft.write_text(json.dumps(note, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise KittError(f"{file} cannot be written ({error.strerror})", "give --out another folder") from error
    return export
