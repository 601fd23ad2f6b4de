"""Model cards: one Markdown file a model, its YAML front matter says all that code needs to run it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kitt_inference.card_fields import Fields
from kitt_inference.errors import KittError

LAYOUTS = ("nchw", "nhwc")
COLOURS = ("rgb", "bgr")
RESIZES = ("stretch", "letterbox")
ALIGNMENTS = ("top-left", "centre", "warp")
INTERPOLATIONS = ("nearest", "linear", "cubic", "area")
DETECTION = "detection"
# Cards of other tasks say what a file is and where it comes from; the code that runs it knows the rest.
TASKS = (DETECTION, "vad", "voice")
SOURCES = ("url", "npm", "pypi")


@dataclass(frozen=True)
class InputSpec:
    """How a picture becomes the network's input.

    A pixel value v (0 to 255) of channel c enters as (v * scale - mean[c]) / std[c], channels in the order of `colour`.
    """

    width: int
    height: int
    layout: str = "nchw"
    colour: str = "rgb"
    scale: float = 1.0
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)
    resize: str = "letterbox"
    pad: float = 114.0
    align: str = "centre"
    interpolation: str = "linear"


@dataclass(frozen=True)
class HeadSpec:
    """How outputs become boxes: the head's type and its own options."""

    type: str
    options: Mapping[str, Any]


@dataclass(frozen=True)
class Thresholds:
    """Least score of a detection, greatest overlap of two of one class (IoU), most detections in a picture."""

    score: float = 0.4
    nms_iou: float = 0.6
    max_detections: int = 100


@dataclass(frozen=True)
class Tiling:
    """Pictures longer than `max_aspect` times the model's aspect are cut into tiles that overlap by a fraction."""

    max_aspect: float = 2.0
    overlap: float = 0.25
    tile_aspect: float = 4 / 3


@dataclass(frozen=True)
class Tolerance:
    """How far an engine may be from the float32 reference on the same frames (see kitt_inference.parity).

    Least recall of its detections by boxes of `iou`, greatest 95th percentiles of the distances of sides and scores,
    greatest loss of AP in points.
    """

    recall: float = 0.98
    box_px: float = 4.0
    score: float = 0.05
    ap: float = 1.0
    iou: float = 0.5


@dataclass(frozen=True)
class Source:
    """Where the file can be had: kind is "url", "npm" or "pypi", options as in `kitt_inference.zoo`."""

    kind: str
    options: Mapping[str, Any]


@dataclass(frozen=True)
class ModelCard:
    """One model: what it is, where it comes from, how it is fed and read (input, head and labels: detectors only)."""

    name: str
    path: Path
    task: str
    file: str
    input: InputSpec
    head: HeadSpec
    labels: tuple[str, ...]
    licence: str = ""
    sha256: str = ""
    size: int = 0
    rank: int = 1000
    thresholds: Thresholds = Thresholds()
    tiling: Tiling = Tiling()
    tolerance: Tolerance = Tolerance()
    sources: tuple[Source, ...] = ()
    measured: tuple[Mapping[str, Any], ...] = field(default=())

    @property
    def accepted(self) -> frozenset[str]:
        """The sha256 of every file that counts as this model: the card's, and those its sources name."""
        return frozenset({self.sha256} | {str(s.options["sha256"]) for s in self.sources if "sha256" in s.options})


def load_card(path: Path, labels_dir: Path | None = None) -> ModelCard:
    """Read a card.

    Args:
        path: the Markdown file.
        labels_dir: where label files lie that are not beside the card.

    Raises:
        KittError: the file is missing, has no front matter, or a field is missing, unknown in value or of a wrong type.
    """
    fields = Fields(front_matter(path), path)
    name = fields.text("name")
    task = fields.choice("task", TASKS, DETECTION)
    detects = task == DETECTION
    return ModelCard(
        name=name,
        path=path,
        task=task,
        file=fields.text("file", f"{name}.onnx"),
        input=_input(fields.section("input")) if detects else InputSpec(0, 0),
        head=_head(fields.section("head")) if detects else HeadSpec("", {}),
        labels=_labels(fields, labels_dir) if detects else (),
        licence=fields.text("licence", ""),
        sha256=fields.text("sha256", "").lower(),
        size=int(fields.number("size", 0)),
        rank=int(fields.number("rank", 1000)),
        thresholds=_thresholds(fields.section("thresholds", {})),
        tiling=_tiling(fields.section("tiling", {})),
        tolerance=_tolerance(fields.section("tolerance", {})),
        sources=tuple(_source(entry, path) for entry in fields.list("sources")),
        measured=tuple(fields.list("measured")),
    )


def front_matter(path: Path) -> Mapping[str, Any]:
    """The YAML block at a card's head. Raises KittError when the file cannot be read or has none."""
    import yaml

    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise KittError(f"the model card {path} cannot be read ({error})") from error
    parts = text.split("---\n", 2)
    if len(parts) < 3 or parts[0].strip():
        raise KittError(
            f"the model card {path} has no YAML front matter", "begin it with a block between two lines «---»"
        )
    try:
        values = yaml.safe_load(parts[1])
    except yaml.YAMLError as error:
        raise KittError(f"the front matter of {path} is no YAML ({' '.join(str(error).split())})") from error
    if not isinstance(values, Mapping):
        raise KittError(f"the front matter of {path} is no mapping of names to values")
    return values


def _input(fields: Fields) -> InputSpec:
    width, height = fields.numbers("size", 2)
    if width < 1 or height < 1:
        raise fields.bad("size", "two positive numbers, width and height in pixels")
    std = fields.numbers("std", 3, (1.0, 1.0, 1.0))
    if 0.0 in std:
        raise fields.bad("std", "three numbers other than 0")
    mean = fields.numbers("mean", 3, (0.0, 0.0, 0.0))
    return InputSpec(
        width=int(width),
        height=int(height),
        layout=fields.choice("layout", LAYOUTS, "nchw"),
        colour=fields.choice("colour", COLOURS, "rgb"),
        scale=fields.number("scale", 1.0),
        mean=(mean[0], mean[1], mean[2]),
        std=(std[0], std[1], std[2]),
        resize=fields.choice("resize", RESIZES, "letterbox"),
        pad=fields.number("pad", 114.0),
        align=fields.choice("align", ALIGNMENTS, "centre"),
        interpolation=fields.choice("interpolation", INTERPOLATIONS, "linear"),
    )


def _head(fields: Fields) -> HeadSpec:
    options = {str(key): value for key, value in fields.values.items() if key != "type"}
    return HeadSpec(fields.text("type"), options)


def _thresholds(fields: Fields) -> Thresholds:
    default = Thresholds()
    score, iou = fields.number("score", default.score), fields.number("nms_iou", default.nms_iou)
    if not 0 <= score <= 1:
        raise fields.bad("score", "a number from 0 to 1")
    if not 0 < iou <= 1:
        raise fields.bad("nms_iou", "a number above 0, up to 1")
    return Thresholds(score, iou, int(fields.number("max_detections", default.max_detections)))


def _tiling(fields: Fields) -> Tiling:
    default = Tiling()
    tiling = Tiling(
        fields.number("max_aspect", default.max_aspect),
        fields.number("overlap", default.overlap),
        fields.number("tile_aspect", default.tile_aspect),
    )
    if not 0 <= tiling.overlap < 0.9:
        raise fields.bad("overlap", "a fraction from 0 to 0.9")
    if tiling.max_aspect < 1 or not 1 <= tiling.tile_aspect <= tiling.max_aspect:
        raise fields.bad("tile_aspect", "1 to max_aspect, which is 1 or more")
    return tiling


def _tolerance(fields: Fields) -> Tolerance:
    default = Tolerance()
    values = {name: fields.number(name, value) for name, value in vars(default).items()}
    for name, value in values.items():
        if not 0 <= value <= (1 if name in ("recall", "iou") else value):
            raise fields.bad(name, "a number, 0 or more, and recall and iou at most 1")
    return Tolerance(**values)


def _source(entry: object, path: Path) -> Source:
    if not isinstance(entry, Mapping) or entry.get("kind") not in SOURCES:
        raise KittError(f"the model card {path}: a source needs a kind, one of {', '.join(SOURCES)}")
    return Source(str(entry["kind"]), {str(key): value for key, value in entry.items() if key != "kind"})


def _labels(fields: Fields, labels_dir: Path | None) -> tuple[str, ...]:
    value = fields.values.get("labels")
    if isinstance(value, list) and value:
        return tuple(str(label) for label in value)
    if not isinstance(value, str):
        raise fields.bad("labels", "a list of class names or the name of a text file with one a line")
    places = [fields.path.parent / value] + ([labels_dir / value] if labels_dir else [])
    for place in places:
        if place.is_file():
            lines = place.read_text(encoding="utf-8").splitlines()
            return tuple(line.strip() for line in lines if line.strip())
    raise KittError(
        f"the model card {fields.path} names labels {value}, which is not at {' or '.join(map(str, places))}"
    )
